import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderIndex } from "../../scripts/index-html.mjs";
import { compressed, manifestOf } from "../../scripts/manifest.mjs";
import { differences, listFiles, removeStale } from "../../scripts/output.mjs";
import { repository } from "../support/fixtures";

const TEMPLATE = "<head>\n    <!-- rill:head -->\n</head><!-- rill:shell --><!-- rill:script -->";

describe("index.html", () => {
  const outputs = {
    ".build/assets/main-A.js": {
      entryPoint: "src/main.tsx",
      cssBundle: ".build/assets/main-B.css",
      imports: [
        { path: ".build/assets/chunk-C.js", kind: "import-statement" },
        { path: ".build/assets/lazy-D.js", kind: "dynamic-import" },
      ],
    },
    ".build/assets/chunk-C.js": { imports: [{ path: ".build/assets/chunk-E.js", kind: "import-statement" }] },
    ".build/assets/chunk-E.js": { imports: [] },
    ".build/assets/lazy-D.js": { imports: [] },
    ".build/assets/boot-F.js": { entryPoint: "src/boot.ts", imports: [] },
  };

  it("names the style sheet, the module, and what the module needs at once, but nothing lazy", () => {
    const html: string = renderIndex(TEMPLATE, { outputs }, "<p>shell</p>");
    assert.match(html, /<link rel="stylesheet" href="\/assets\/main-B\.css">/);
    assert.match(html, /<script type="module" src="\/assets\/main-A\.js"><\/script>/);
    assert.match(html, /modulepreload" href="\/assets\/chunk-C\.js"/);
    assert.match(html, /modulepreload" href="\/assets\/chunk-E\.js"/);
    assert.doesNotMatch(html, /lazy/);
  });

  it("runs what gives the page its theme before the style sheet, and holds what is painted first", () => {
    const html: string = renderIndex(TEMPLATE, { outputs }, "<p>shell</p>");
    assert.match(html, /<script src="\/assets\/boot-F\.js"><\/script>\s+<link rel="stylesheet"/);
    assert.match(html, /<p>shell<\/p><script type="module"/);
  });

  it("needs a place for both, and an entry", () => {
    assert.throws(() => renderIndex("<head></head>", { outputs }, ""), /rill:head/);
    assert.throws(() => renderIndex(TEMPLATE + TEMPLATE, { outputs }, ""), /exactly once/);
    assert.throws(() => renderIndex(TEMPLATE, { outputs: {} }, ""), /no entry/);
  });
});

describe("the manifest", () => {
  const contents = new TextEncoder().encode("x".repeat(2000));

  it("says what the server needs to serve each file", () => {
    const files = new Map([
      ["/assets/a-1.js", contents],
      ["/index.html", contents.slice(0, 100)],
    ]);
    const manifest = manifestOf(files, compressed(files));
    assert.deepEqual(Object.keys(manifest.files), ["/assets/a-1.js", "/index.html"]);
    const { immutable, size, contentType, encodings } = manifest.files["/assets/a-1.js"];
    assert.deepEqual([immutable, size, contentType], [true, 2000, "text/javascript; charset=utf-8"]);
    assert.deepEqual(encodings, ["br", "gzip"]);
    const shell = manifest.files["/index.html"];
    assert.deepEqual([shell.immutable, shell.encodings], [false, []]);
  });

  it("refuses a file whose type it would have to guess", () => {
    assert.throws(() => manifestOf(new Map([["/x.unknown", contents]]), new Map()), /content type/);
  });

  it("compressed files hold no time", () => {
    const gzip: Uint8Array = compressed(new Map([["/a.js", contents]])).get("/a.js.gz");
    assert.deepEqual([...gzip.slice(4, 10)], [0, 0, 0, 0, 2, 255]);
  });
});

describe("the folder", () => {
  it("loses what a build no longer has and keeps what is not the build's", () => {
    const folder = mkdtempSync(join(tmpdir(), "rill-output-"));
    for (const path of ["assets", "knowledge"]) mkdirSync(join(folder, path));
    for (const path of [
      "assets/old-1.js",
      "assets/old-1.js.br",
      "icon.svg",
      "icon.svg.gz",
      "knowledge/a.md",
      "mine.txt",
    ]) {
      writeFileSync(join(folder, path), "old");
    }
    writeFileSync(
      join(folder, "manifest.json"),
      JSON.stringify({ files: { "/icon.svg": {}, "/assets/old-1.js": {} } }),
    );
    const files = new Map([["/assets/new-2.js", Buffer.from("new")]]);
    assert.deepEqual(differences(files, folder), [
      "/assets/new-2.js is missing",
      "/assets/old-1.js is left over from an earlier build",
      "/assets/old-1.js.br is left over from an earlier build",
      "/manifest.json is left over from an earlier build",
      "/icon.svg is left over from an earlier build",
      "/icon.svg.gz is left over from an earlier build",
    ]);
    removeStale(files, folder);
    assert.deepEqual(listFiles(folder), ["knowledge/a.md", "mine.txt"]);
    writeFileSync(join(folder, "mine.txt"), "changed");
    assert.deepEqual(differences(new Map([["/mine.txt", Buffer.from("same")]]), folder), [
      "/mine.txt is different",
    ]);
    rmSync(folder, { recursive: true });
  });

  it("compares compressed files by what they hold", () => {
    const folder = mkdtempSync(join(tmpdir(), "rill-output-"));
    const contents = Buffer.from("y".repeat(2000));
    const siblings = compressed(new Map([["/a.js", contents]]));
    writeFileSync(join(folder, "a.js"), contents);
    for (const [path, bytes] of siblings) writeFileSync(join(folder, path), bytes);
    const otherLevel = new Map(
      [...siblings].map(([path, bytes]) => [path, path.endsWith(".gz") ? touched(bytes) : bytes]),
    );
    assert.deepEqual(differences(otherLevel, folder), []);
    writeFileSync(join(folder, "a.js.br"), "no brotli");
    assert.deepEqual(differences(siblings, folder), ["/a.js.br is different"]);
    rmSync(folder, { recursive: true });
  });
});

/** The same contents as another zlib may pack them: another byte in gzip's header. */
function touched(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy[9] = 3;
  return copy;
}

describe("the page that is committed", () => {
  it("needs at most 80 kB of scripts, compressed, before it can begin", () => {
    const page = join(repository, "Public");
    const html = readFileSync(join(page, "index.html"), "utf8");
    const scripts = new Set([...html.matchAll(/"(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path ?? ""));
    assert.ok(scripts.size > 1);
    const sizes = [...scripts].map((path) => {
      const gzip = join(page, `${path}.gz`);
      return readFileSync(existsSync(gzip) ? gzip : join(page, path)).length;
    });
    const sum = sizes.reduce((total, size) => total + size, 0);
    assert.ok(sum <= 80_000, `it needs ${sum} bytes`);
  });

  it("shows its frame before any script has run, in which nobody can write yet", () => {
    const html = readFileSync(join(repository, "Public", "index.html"), "utf8");
    const shell = html.slice(html.indexOf('<div id="root">'), html.indexOf("<noscript>"));
    assert.match(shell, /<div class="shell" inert>/);
    assert.match(shell, /<header class="header">/);
    assert.match(shell, /<textarea disabled [^>]*placeholder="Ask about your documents"/);
    assert.doesNotMatch(html, /style=|<style|<script>/, "the Content-Security-Policy allows nothing inline");
  });
});
