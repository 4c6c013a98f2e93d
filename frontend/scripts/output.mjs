// The folder a build is written to: what is in it, what of it is stale, how it differs from a fresh build.
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** The files below a folder, as relative paths with forward slashes, sorted; none when it does not exist. */
export function listFiles(folder, prefix = "") {
  if (!existsSync(join(folder, prefix))) return [];
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? listFiles(folder, path) : [path];
    })
    .sort();
}

/**
 * The generated files that are there: everything in assets/, and what the manifest of the last build names.
 * Anything else in the folder (the knowledge base, for one) is not ours.
 */
function generated(outdir) {
  const paths = new Set(listFiles(outdir, "assets").map((path) => `/${path}`));
  const manifest = join(outdir, "manifest.json");
  if (existsSync(manifest)) {
    paths.add("/manifest.json");
    for (const path of Object.keys(JSON.parse(readFileSync(manifest, "utf8")).files ?? {})) {
      for (const name of [path, `${path}.gz`, `${path}.br`]) {
        if (existsSync(join(outdir, name))) paths.add(name);
      }
    }
  }
  return paths;
}

/** Deletes the generated files that the new build does not have. */
export function removeStale(files, outdir) {
  for (const path of generated(outdir)) {
    if (!files.has(path)) rmSync(join(outdir, path), { force: true });
  }
}

/** zlib's and brotli's output may differ between versions of Node; what it decompresses to may not. */
function comparable(path, contents) {
  try {
    if (path.endsWith(".gz")) return gunzipSync(contents);
    if (path.endsWith(".br")) return brotliDecompressSync(contents);
  } catch {
    return null;
  }
  return contents;
}

/** One line for each file that is missing, different or left over; empty when the folder is up to date. */
export function differences(files, outdir) {
  const lines = [];
  for (const [path, contents] of files) {
    const target = join(outdir, path);
    if (!existsSync(target)) {
      lines.push(`${path} is missing`);
      continue;
    }
    const actual = comparable(path, readFileSync(target));
    if (actual === null || !actual.equals(comparable(path, contents))) lines.push(`${path} is different`);
  }
  for (const path of generated(outdir)) {
    if (!files.has(path)) lines.push(`${path} is left over from an earlier build`);
  }
  return lines;
}
