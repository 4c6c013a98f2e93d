import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, ContentBlocks, namedRows } from "../../src/components/reader/ContentBlocks";
import { PassageReader } from "../../src/components/reader/PassageReader";
import { byteLength } from "../../src/documents/highlight";
import type { BlockKind, ContentBlock } from "../../src/types/documents";
import type { Source } from "../../src/types/streaming";
import { json, problem, refused } from "../support/scriptedServer";
import { document as sample } from "../documents/samples";
import { DocumentsBench, texts } from "./documentsBench";
import { byName, click, render } from "./render";

/** Blocks one after the other, with a blank line between them. */
function blocksOf(...rows: [BlockKind, string, number?][]): ContentBlock[] {
  let start = 0;
  return rows.map(([kind, text, page]) => {
    const end = start + byteLength(text);
    const block = { kind, level: kind === "heading" ? 2 : null, start, end, page: page ?? null, text };
    start = end + 2;
    return block;
  });
}

const source: Source = {
  number: 1,
  document_id: "a",
  chunk_id: "c",
  title: "Bees",
  locator: "",
  snippet: "What the answer was given.",
  score: 1,
  start: 6,
  end: 15,
};

function contentOf(blocks: readonly ContentBlock[], part = {}, highlight: object | null = null) {
  const end = blocks[blocks.length - 1]?.end ?? 0;
  return { document: sample("a", part), from: 0, to: end, length: end, highlight, blocks };
}

const reader = (more: Partial<Source> = {}) => (
  <PassageReader source={{ ...source, ...more }} fallback={<p className="kept">Kept</p>} onLeave={() => {}} />
);

test("a text is drawn as it is built", async () => {
  const blocks = blocksOf(
    ["heading", "Title"],
    ["paragraph", "Text."],
    ["list_item", "- one"],
    ["code", "a  b"],
    ["quote", "said"],
    ["table", "a\tb\nc\td"],
  );
  const { page } = await render(<ContentBlocks blocks={blocks} span={null} isMarkdown={false} />);
  assert.equal(page.querySelector("h4")?.textContent, "Title");
  assert.equal(page.querySelector("pre")?.textContent, "a  b");
  assert.deepEqual(texts(page, "td"), ["a", "b", "c", "d"]);
  assert.equal(page.querySelector("mark"), null);
});

test("the span is marked to the character, across blocks", async () => {
  const blocks = blocksOf(["paragraph", "Grüße an alle"], ["paragraph", "Zweiter Absatz"]);
  // "Grüße an alle" has 15 bytes; the second paragraph begins at 17.
  const { page } = await render(
    <ContentBlocks blocks={blocks} span={{ start: 8, end: 24 }} isMarkdown={false} />,
  );
  assert.deepEqual(texts(page, "mark"), ["an alle", "Zweiter"]);
});

test("Markdown is shown as what it means, a part of a block as it is written", async () => {
  const blocks = blocksOf(["paragraph", "Some **bold** text."], ["paragraph", "More **bold** text."]);
  const whole = await render(<ContentBlocks blocks={blocks} span={{ start: 0, end: 19 }} isMarkdown />);
  assert.equal(whole.page.querySelector("mark strong")?.textContent, "bold");
  assert.equal(whole.page.querySelectorAll("strong").length, 2);
  const part = await render(<ContentBlocks blocks={blocks} span={{ start: 0, end: 4 }} isMarkdown />);
  assert.equal(part.page.querySelector("mark")?.textContent, "Some");
});

test("pages are told apart, once each", async () => {
  const blocks = blocksOf(["paragraph", "a", 1], ["paragraph", "b", 1], ["paragraph", "c", 2]);
  const { page } = await render(<ContentBlocks blocks={blocks} span={null} isMarkdown={false} />);
  assert.deepEqual(texts(page, ".page-break"), ["Page 1", "Page 2"]);
});

test("rows have cells between bars or tabs", () => {
  assert.deepEqual(cellsOf("| a | b\\|c | |"), ["a", "b|c", ""]);
  assert.deepEqual(cellsOf("a\tb"), ["a", "b"]);
  assert.deepEqual(cellsOf("one"), ["one"]);
  assert.deepEqual(namedRows(["bridge: Stone; pence: 3", "bridge: Rope: old; pence: "]), {
    names: ["bridge", "pence"],
    rows: [
      ["Stone", "3"],
      ["Rope: old", ""],
    ],
  });
  for (const lines of [["a: 1", "a: 2"], ["a: 1; b: 2", "a: 1; c: 2"], ["a: 1; b: 2", "text"], ["x; y"]]) {
    assert.equal(namedRows(lines), null, lines.join());
  }
});

test("a citation opens its document at the passage", async () => {
  const bench = new DocumentsBench();
  const blocks = blocksOf(["paragraph", "Once. In June. Later."]);
  const highlight = { start: 6, end: 14, page: null };
  bench.server.on(
    "GET /documents/a/content",
    json(contentOf(blocks, { media_type: "text/plain" }, highlight)),
  );
  const page = await bench.draw(reader());
  assert.deepEqual(texts(page, "mark"), ["In June."]);
  assert.match(bench.server.requests.map(({ path }) => path).join(" "), /content\?start=6&end=15/);
  assert.equal(
    byName<HTMLAnchorElement>(page, "Open document")?.getAttribute("href"),
    "/documents/a?start=6&end=14",
  );
});

test("an older answer knows only the chunk", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /documents/a/content", json(contentOf(blocksOf(["paragraph", "x"]))));
  const { start: _, end: __, ...old } = source;
  await bench.draw(<PassageReader source={old} fallback={null} onLeave={() => {}} />);
  assert.match(bench.server.requests.map(({ path }) => path).join(" "), /content\?chunk=c/);
});

test("a PDF is shown at its page, and as text on demand", async () => {
  const bench = new DocumentsBench();
  const pdf = { media_type: "application/pdf", page_count: 9 };
  const content = contentOf(blocksOf(["paragraph", "Page text", 4]), pdf, { start: 0, end: 4, page: 4 });
  const mark = { x: 0.1, y: 0.2, width: 0.5, height: 0.02 };
  const info = { page: 4, page_count: 9, width: 612, height: 792, highlights: [mark] };
  bench.server
    .on("GET /documents/a/content", json(content))
    .on("GET /documents/a/pages/4", json(info))
    .on("GET /documents/a/pages/5", json({ ...info, page: 5, highlights: [] }))
    .on("GET /documents/a/pages/4.png", () => new Response(new Blob(["png"])))
    .on("GET /documents/a/pages/5.png", () => new Response(new Blob(["png"])));
  const page = await bench.draw(reader({ page: 4 }));
  assert.match(page.querySelector(".page-count")?.textContent ?? "", /Page 4 of 9/);
  assert.equal(page.querySelector("mark"), null);
  await click(byName(page, "Next page"));
  await bench.settle();
  assert.equal(bench.server.seen("GET /documents/a/pages/5").length, 1);
  await click(byName(page, "Text"));
  assert.deepEqual(texts(page, "mark"), ["Page"]);
});

test("what is gone says so and keeps what the answer was given", async () => {
  const rows: [string, Partial<Source>, () => Response | Promise<Response>, RegExp][] = [
    ["deleted before", { removed: true }, refused, /has been removed/],
    ["deleted unheard", {}, problem(404, "NOT_FOUND"), /has been removed/],
    ["changed", {}, problem(404, "PASSAGE_GONE"), /has changed/],
    ["away", {}, refused, /cannot be reached.*what the answer was given/],
  ];
  for (const [name, part, answer, sentence] of rows) {
    const bench = new DocumentsBench();
    bench.server.on("GET /documents/a/content", answer).on("GET /documents/a", problem(404, "NOT_FOUND"));
    const removed: string[] = [];
    const page = await bench.draw(reader(part), {}, { documentRemoved: (id) => removed.push(id) });
    assert.match(page.querySelector(".reader-notice")?.textContent ?? "", sentence, name);
    assert.equal(page.querySelector(".kept")?.textContent, "Kept", name);
    assert.deepEqual(removed, name === "deleted unheard" ? ["a"] : [], name);
  }
});
