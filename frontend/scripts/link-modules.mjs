// Fills frontend/node_modules from the folders of Debian's node-* packages, for machines that have no npm
// registry. `npm install` does the same from the registry; both satisfy the ranges of package.json.
//
// The packages are copied, not linked: a symlinked package resolves its own imports from the link's target,
// where esbuild, tsc and Node's module loader each look in different places.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { linkModules } from "./modules.mjs";

try {
  console.log(linkModules({ root: resolve(dirname(fileURLToPath(import.meta.url)), "..") }));
} catch (error) {
  console.error(`${error.message}\n`);
  console.error(
    "`scripts/setup page` installs the packages on Debian; elsewhere `npm install` in frontend/ does.",
  );
  process.exitCode = 1;
}
