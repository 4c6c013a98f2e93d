// Debian's packages as a node_modules folder: which packages, whether their versions fit, copying them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { rmSync, symlinkSync, chmodSync, writeFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { satisfies } from "./semver.mjs";

/** Commands that Debian does not carry and that no build needs: `npm run check` takes them from PATH. */
export const COMMANDS_FROM_PATH = new Set(["oxlint", "oxfmt"]);

/**
 * Packages whose files state another version than the one they were built from. Debian builds React from the
 * tag v18.2.0, whose package.json files still say 18.1.0 (upstream writes the number only when it publishes).
 * The Debian package's own version names the tag, so that is what is compared with the range.
 */
const MISREPORTED = new Map([
  ["react", { says: "18.1.0", debianPackage: "node-react" }],
  ["react-dom", { says: "18.1.0", debianPackage: "node-react-dom" }],
]);

/** The folders Debian installs Node packages to: architecture-independent first, then per architecture. */
export function debianFolders(root = "/usr") {
  const folders = [join(root, "share/nodejs")];
  const lib = join(root, "lib");
  if (existsSync(lib)) {
    for (const name of readdirSync(lib).sort()) folders.push(join(lib, name, "nodejs"));
  }
  return folders.filter((folder) => existsSync(folder));
}

/** The version of a Debian package, as dpkg knows it; null where there is no dpkg or no such package. */
function dpkgVersion(name) {
  try {
    return execFileSync("dpkg-query", ["-W", "-f", "${Version}", name], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null;
  }
}

/** "18.1.0~18.2.0+dfsg+~cs87" and "18.2.0+dfsg-4" both name the upstream tag 18.2.0. */
export function upstreamVersion(debianVersion) {
  const head = debianVersion.split("+")[0] ?? "";
  return (
    head
      .split("~")
      .pop()
      ?.replace(/-[^-]*$/, "") ?? null
  );
}

/** The version a package really has; `lookUp` asks dpkg and is a parameter for the tests. */
export function effectiveVersion(name, stated, lookUp = dpkgVersion) {
  const known = MISREPORTED.get(name);
  if (!known || known.says !== stated) return stated;
  const debianVersion = lookUp(known.debianPackage);
  return debianVersion === null ? stated : (upstreamVersion(debianVersion) ?? stated);
}

/** Finds a package's folder, or null. */
function locate(name, folders) {
  for (const folder of folders) {
    const candidate = join(folder, name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
  }
  return null;
}

/**
 * The packages to copy: those named in package.json, checked against their ranges, and everything they depend
 * on. Ranges inside the closure are not checked: Debian patches its packages to work with the one version of
 * each that it carries, and leaves the upstream ranges in place.
 *
 * @returns {{packages: {name: string, version: string, folder: string}[], problems: string[]}}
 */
export function plan(manifest, folders, lookUp = dpkgVersion) {
  const problems = [];
  const found = new Map();
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
  const queue = Object.keys(wanted)
    .filter((name) => !COMMANDS_FROM_PATH.has(name))
    .map((name) => ({ name, requiredBy: "package.json", optional: false }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { name, requiredBy, optional } = next;
    if (found.has(name)) continue;
    const folder = locate(name, folders);
    if (folder === null) {
      if (!optional) problems.push(`${name} (needed by ${requiredBy}) is not installed`);
      continue;
    }
    const description = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const version = effectiveVersion(name, description.version, lookUp);
    const range = wanted[name];
    if (range !== undefined && !satisfies(version, range)) {
      problems.push(`${name} is ${version}, but package.json asks for ${range}`);
    }
    found.set(name, { name, version, folder });
    for (const dependency of Object.keys(description.dependencies ?? {})) {
      queue.push({ name: dependency, requiredBy: name, optional: false });
    }
    for (const dependency of Object.keys(description.optionalDependencies ?? {})) {
      queue.push({ name: dependency, requiredBy: name, optional: true });
    }
  }
  return { packages: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

/** Copies one package. Links inside it are followed: Debian's point out of the folder. */
function copyPackage(source, target) {
  cpSync(source, target, {
    recursive: true,
    dereference: true,
    mode: constants.COPYFILE_FICLONE,
    // A package's own nested node_modules stays, but dangling links (documentation that is not installed) go.
    filter: (path) => {
      try {
        realpathSync(path);
        return true;
      } catch {
        return false;
      }
    },
  });
}

/** Makes node_modules/.bin/NAME for every command of the named packages. */
function linkCommands(modules, names) {
  const bin = join(modules, ".bin");
  mkdirSync(bin, { recursive: true });
  for (const name of names) {
    const description = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const commands =
      typeof description.bin === "string" ? { [name.split("/").pop()]: description.bin } : description.bin;
    for (const [command, path] of Object.entries(commands ?? {})) {
      const target = join(modules, name, path);
      if (!existsSync(target)) continue;
      chmodSync(target, 0o755);
      symlinkSync(relative(bin, target), join(bin, command));
    }
  }
}

/** Counts the ways in which this script has laid out the folder: another one fills it again. */
const FORMAT = 1;

/** What the folder was filled from; another set of packages, or another version of one, changes it. */
function fingerprint(packages) {
  const hash = createHash("sha256").update(`format ${FORMAT}\n`);
  for (const { name, version, folder } of packages) {
    hash.update(
      `${name}@${version}:${createHash("sha256")
        .update(readFileSync(join(folder, "package.json")))
        .digest("hex")}\n`,
    );
  }
  return hash.digest("hex");
}

/**
 * Fills ROOT/node_modules, unless it is up to date. A folder that npm filled is left alone: it carries npm's
 * own lock file and not our stamp. Throws with one line for each package that is missing or out of its range.
 *
 * @returns {string} one line for people
 */
export function linkModules({ root, folders = debianFolders(), lookUp = dpkgVersion } = {}) {
  const modules = join(root, "node_modules");
  const stamp = join(modules, ".rill-modules");
  if (existsSync(join(modules, ".package-lock.json"))) return "node_modules was filled by npm: left as it is";
  const { packages, problems } = plan(
    JSON.parse(readFileSync(join(root, "package.json"), "utf8")),
    folders,
    lookUp,
  );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const print = fingerprint(packages);
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === print) {
    return `node_modules is up to date (${packages.length} packages)`;
  }
  rmSync(modules, { recursive: true, force: true });
  mkdirSync(modules, { recursive: true });
  for (const { name, folder } of packages) copyPackage(folder, join(modules, name));
  linkCommands(
    modules,
    packages.map(({ name }) => name),
  );
  writeFileSync(stamp, `${print}\n`);
  return `node_modules filled with ${packages.length} packages`;
}
