// Builds the page into Public/ at the top of the repository (or --outdir DIR).
//
//   node scripts/build.mjs               write the page; files of an earlier build that are no longer used go
//   node scripts/build.mjs --check       write nothing; say which files of Public/ are not what a build gives
//   node scripts/build.mjs --sourcemap   with linked source maps, for debugging. They are not part of the
//                                        committed page: they would be more than twice its size, and the same
//                                        commit gives them again at any time.
//
// The same sources and packages give the same bytes: nothing depends on the time, the machine or the folder.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { renderIndex } from "./index-html.mjs";
import { compressed, manifestOf } from "./manifest.mjs";
import { differences, listFiles, removeStale } from "./output.mjs";

const frontend = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const folder = join(frontend, ".build");

const common = {
  absWorkingDir: frontend,
  bundle: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  jsx: "automatic",
  minify: true,
  // Licences are in files beside the scripts that name them: every visitor would load them otherwise.
  legalComments: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  write: false,
  logLevel: "warning",
};

const named = {
  metafile: true,
  outdir: folder,
  publicPath: "/",
  entryNames: "assets/[name]-[hash]",
  chunkNames: "assets/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
};

/** Bundles src/main.tsx and src/boot.ts; returns the files by their path on the server, and what esbuild says of them. */
async function bundle({ sourcemap }) {
  const options = { ...common, ...named, sourcemap: sourcemap ? "linked" : false };
  const results = await Promise.all([
    esbuild.build({
      ...options,
      entryPoints: ["src/main.tsx"],
      splitting: true,
      format: "esm",
      loader: { ".svg": "file", ".png": "file", ".woff2": "file" },
    }),
    // A classic script: a module would not run before the first paint.
    esbuild.build({ ...options, entryPoints: ["src/boot.ts"], format: "iife" }),
  ]);
  const files = new Map();
  for (const { path, contents } of results.flatMap(({ outputFiles }) => outputFiles)) {
    if (contents.length === 0) continue;
    files.set(path.slice(folder.length).replaceAll("\\", "/"), Buffer.from(contents));
  }
  return { files, outputs: Object.assign({}, ...results.map(({ metafile }) => metafile.outputs)) };
}

/** What index.html shows until the page has begun: see src/shell.tsx. */
async function renderShell() {
  const { outputFiles } = await esbuild.build({
    ...common,
    entryPoints: ["src/shell.tsx"],
    platform: "node",
    format: "cjs",
    minify: false,
    legalComments: "none",
    outfile: join(folder, "shell.cjs"),
  });
  const module = { exports: {} };
  const run = new Function("require", "module", "exports", outputFiles[0].text);
  run(createRequire(import.meta.url), module, module.exports);
  return module.exports.shell();
}

/**
 * Every file of the page by its path on the server ("/index.html"), the manifest and the .gz/.br included.
 */
export async function buildPage({ sourcemap = false } = {}) {
  const [{ files, outputs }, shell] = await Promise.all([bundle({ sourcemap }), renderShell()]);
  // Files that keep their names (the icon): frontend/static/** is copied as it is.
  for (const path of listFiles(join(frontend, "static"))) {
    files.set(`/${path}`, readFileSync(join(frontend, "static", path)));
  }
  const template = readFileSync(join(frontend, "index.template.html"), "utf8");
  files.set("/index.html", Buffer.from(renderIndex(template, { outputs }, shell)));
  const siblings = compressed(files);
  const manifest = manifestOf(files, siblings);
  for (const [path, contents] of siblings) files.set(path, contents);
  files.set("/manifest.json", Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`));
  return files;
}

function write(files, outdir) {
  for (const [path, contents] of files) {
    const target = join(outdir, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
  }
}

function summary(files) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const shown = [...files].filter(([path]) => /\.(js|css|html)$/.test(path));
  return shown
    .map(([path, contents]) => {
      const gzip = files.get(`${path}.gz`);
      return `${path}  ${kilobytes(contents.length)}${gzip ? `, gzip ${kilobytes(gzip.length)}` : ""}`;
    })
    .join("\n");
}

const { values } = parseArgs({
  options: {
    outdir: { type: "string" },
    check: { type: "boolean", default: false },
    sourcemap: { type: "boolean", default: false },
  },
});
const outdir = values.outdir ? resolve(values.outdir) : resolve(frontend, "../Public");
const files = await buildPage({ sourcemap: values.sourcemap });
if (values.check) {
  const found = differences(files, outdir);
  if (found.length > 0) {
    console.error(`The page in ${outdir} is not what its sources give. Run \`npm run build\` in frontend/.`);
    for (const line of found) console.error(`  ${line}`);
    process.exitCode = 1;
  } else {
    console.log(`${files.size} files are what their sources give`);
  }
} else {
  removeStale(files, outdir);
  write(files, outdir);
  console.log(summary(files));
}
