// Public/manifest.json: the files of the build, for the next build, which removes those that are gone, and for
// any server that serves them.
//
//   {"version": 1, "files": {"/assets/main-ABC.js": {
//      "sha256": hex of the file's bytes, "size": bytes, "contentType": "text/javascript; charset=utf-8",
//      "immutable": true when the name holds a hash of the contents, "encodings": ["br", "gzip"]}}}
//
// `encodings` names the Content-Encodings that are ready: "br" in PATH.br, "gzip" in PATH.gz. The manifest
// does not list those siblings, nor itself.
import { createHash } from "node:crypto";
import { extname } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const CONTENT_TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Formats that are compressed already. */
const INCOMPRESSIBLE = new Set([".png", ".woff2"]);

/** Below this, in bytes, a compressed answer saves no packet. */
const SMALLEST = 512;

/** gzip's header holds a time and an operating system: zlib writes 0 for the time; the system is set here. */
function gzip(contents) {
  const result = gzipSync(contents, { level: 9 });
  result[9] = 255;
  return result;
}

function brotli(contents) {
  const { BROTLI_PARAM_QUALITY, BROTLI_MAX_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY, [BROTLI_PARAM_SIZE_HINT]: contents.length };
  return brotliCompressSync(contents, { params });
}

/** The .gz and .br siblings of the files that are worth compressing. */
export function compressed(files) {
  const siblings = new Map();
  for (const [path, contents] of files) {
    if (contents.length < SMALLEST || INCOMPRESSIBLE.has(extname(path))) continue;
    siblings.set(`${path}.gz`, gzip(contents));
    siblings.set(`${path}.br`, brotli(contents));
  }
  return siblings;
}

/** Throws for a file whose content type is not known: a browser would not run what it has to guess. */
export function manifestOf(files, siblings) {
  const entries = {};
  for (const path of [...files.keys()].sort()) {
    const contents = files.get(path);
    const contentType = CONTENT_TYPES[extname(path)];
    if (contentType === undefined) throw new Error(`scripts/manifest.mjs knows no content type for ${path}`);
    const encodings = [];
    if (siblings.has(`${path}.br`)) encodings.push("br");
    if (siblings.has(`${path}.gz`)) encodings.push("gzip");
    const sha256 = createHash("sha256").update(contents).digest("hex");
    entries[path] = {
      sha256,
      size: contents.length,
      contentType,
      immutable: path.startsWith("/assets/"),
      encodings,
    };
  }
  return { version: 1, files: entries };
}
