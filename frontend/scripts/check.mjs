// Types, lint and format of the page: `node scripts/check.mjs [--fix]`.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const frontend = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const fix = process.argv.includes("--fix");

/** The project's own copy of a command where there is one, else the one on PATH. */
function command(name) {
  const own = join(frontend, "node_modules/.bin", name);
  return existsSync(own) ? own : name;
}

const steps = [
  ["tsc", "--project", "."],
  ["oxlint", ...(fix ? ["--fix"] : [])],
  ["oxfmt", fix ? "--write" : "--check", "."],
];
let failed = false;
for (const [name, ...args] of steps) {
  const { status, error } = spawnSync(command(name), args, { cwd: frontend, stdio: "inherit" });
  if (error) {
    console.error(
      `${name} could not be started: ${error.message}. \`npm install\` or \`pip install ${name}\` brings it.`,
    );
  }
  if (status !== 0) failed = true;
}
process.exitCode = failed ? 1 : 0;
