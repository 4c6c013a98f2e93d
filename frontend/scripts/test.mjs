// Runs the tests: `node scripts/test.mjs [part of a path…]`.
//
// Each tests/**/*.test.ts(x) is bundled by esbuild with packages left external, and the bundles are run by
// Node's own test runner. A `.test.tsx` gets a browser-like global scope from jsdom before anything else of
// it is evaluated: that import is the bundle's first, and ES modules are evaluated in the order of their
// imports. A `.test.ts` gets none, which proves that what it tests needs none.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const frontend = resolve(dirname(fileURLToPath(import.meta.url)), "..");
/** A folder of this run's own, so that two runs at a time do not delete each other's bundles. */
const output = join(frontend, `node_modules/.cache/rill-tests/${process.pid}`);

function findTests(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return findTests(path);
    return /\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** Bundles the tests and returns the paths of the bundles. */
function bundle(tests) {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const preload = pathToFileURL(join(frontend, "tests/support/jsdom-preload.mjs")).href;
  const options = {
    bundle: true,
    platform: "node",
    packages: "external",
    external: [preload],
    format: "esm",
    target: "node18",
    jsx: "automatic",
    outdir: output,
    outbase: join(frontend, "tests"),
    outExtension: { ".js": ".mjs" },
    sourcemap: "inline",
    loader: { ".css": "empty" },
    logLevel: "warning",
  };
  const plain = tests.filter((path) => path.endsWith(".ts"));
  const drawn = tests.filter((path) => path.endsWith(".tsx"));
  if (plain.length > 0) esbuild.buildSync({ ...options, entryPoints: plain });
  if (drawn.length > 0) {
    const banner = { js: `import ${JSON.stringify(preload)};` };
    esbuild.buildSync({ ...options, entryPoints: drawn, banner });
  }
  return tests.map((path) =>
    join(output, relative(join(frontend, "tests"), path)).replace(/\.tsx?$/, ".mjs"),
  );
}

const wanted = process.argv.slice(2);
const tests = findTests(join(frontend, "tests"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => relative(frontend, path).includes(part)))
  .sort();
if (tests.length === 0) {
  console.error("no test has that in its path");
  process.exit(1);
}
const reporter = process.allowedNodeEnvironmentFlags.has("--test-reporter") ? ["--test-reporter=spec"] : [];
const { status } = spawnSync(
  process.execPath,
  [...reporter, "--enable-source-maps", "--test", ...bundle(tests)],
  {
    cwd: frontend,
    stdio: "inherit",
    env: { ...process.env, RILL_REPOSITORY: resolve(frontend, "..") },
  },
);
rmSync(output, { recursive: true, force: true });
process.exit(status ?? 1);
