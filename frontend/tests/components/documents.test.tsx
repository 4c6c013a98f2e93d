import assert from "node:assert/strict";
import { test } from "node:test";
import { completed } from "../../src/components/documents/AddDocuments";
import { DocumentsPage } from "../../src/components/documents/DocumentsPage";
import { DocumentView, anchorOf } from "../../src/components/documents/DocumentView";
import { marked } from "../../src/components/documents/ChunkList";
import { summaryOf } from "../../src/components/documents/UploadPanel";
import type { Upload } from "../../src/documents/uploads";
import { formatBytes, formatDay, statusSentence } from "../../src/documents/wording";
import { json, problem } from "../support/scriptedServer";
import { document as sample, embedding, news, page as listOf } from "../documents/samples";
import { DocumentsBench, texts } from "./documentsBench";
import { byName, click } from "./render";

test("an empty knowledge base invites, without filters over nothing", async () => {
  const page = await new DocumentsBench().draw(<DocumentsPage />);
  assert.match(page.textContent ?? "", /Add what you want to ask about/);
  assert.equal(page.querySelector(".filters"), null);
});

test("documents show what they are and how far they are", async () => {
  const bench = new DocumentsBench();
  const failed = { code: "ENCRYPTED", message: "The file is encrypted.", retryable: true };
  bench.server.on(
    "GET /documents",
    json(
      listOf([
        sample("r", { status: "reading", progress: { done: 3, total: 12, unit: "pages" } }),
        sample("e", { status: "embedding", progress: { done: 4, total: 9, unit: "chunks" } }),
        sample("f", { status: "failed", error: failed }),
        sample("n", { status: "failed", error: { ...failed, retryable: false } }),
        sample("c", { status: "cancelled" }),
        sample("d"),
      ]),
    ),
  );
  const page = await bench.draw(<DocumentsPage />);
  assert.deepEqual(texts(page, ".document-state"), [
    "Reading page 3 of 12",
    "Indexing 4 of 9",
    "Reading was cancelled.",
  ]);
  assert.deepEqual(texts(page, ".document-error"), ["The file is encrypted.", "The file is encrypted."]);
  assert.deepEqual(
    texts(page, ".row-retry").length,
    2,
    "what cannot be read the second time either is not offered again",
  );
  assert.ok(byName(page, "Cancel Title r"));
  assert.equal(byName(page, "Cancel Title d"), null);
  assert.match(page.querySelector(".index-line")?.textContent ?? "", /6 documents.*All 9 passages/);
});

test("news are drawn as they come", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /documents", json(listOf([sample("a")])));
  const page = await bench.draw(<DocumentsPage />);
  await bench.hear(
    news("reading", sample("b", { status: "reading", progress: { done: 1, total: null, unit: "parts" } })),
    news("index", { ...embedding, state: "off", model: null, message: "Ask `make`." }),
  );
  assert.deepEqual(texts(page, ".document-title"), ["Title b", "Title a"]);
  assert.deepEqual(texts(page, ".document-state"), ["Reading…"]);
  assert.match(page.querySelector(".index-line")?.textContent ?? "", /Words only/);
  bench.server.last.fail();
  await bench.settle();
  assert.match(
    page.querySelector('[data-testid="documents-connection"]')?.textContent ?? "",
    /cannot be reached/,
  );
});

test("a document is deleted only after a question that says what becomes of citations", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /documents", json(listOf([sample("a")])));
  bench.server.on("DELETE /documents/a", () => new Response(null, { status: 204 }));
  const removed: string[] = [];
  const page = await bench.draw(<DocumentsPage />, {}, { documentRemoved: (id) => removed.push(id) });
  await click(byName(page, "Delete Title a"));
  const dialog = page.querySelector("dialog");
  assert.match(dialog?.textContent ?? "", /“Title a”.*marked as removed/);
  assert.equal(bench.server.seen("DELETE /documents/a").length, 0);
  await click(byName(dialog ?? page, "Delete"));
  await bench.settle();
  assert.deepEqual([removed, texts(page, ".document-title")], [["a"], []]);
});

test("retry asks the server and shows what it says", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /documents", json(listOf([sample("a", { status: "cancelled" })])));
  bench.server.on("POST /documents/a/retry", json(sample("a", { status: "queued" })));
  const page = await bench.draw(<DocumentsPage />);
  await click(byName(page, "Retry Title a"));
  await bench.settle();
  assert.deepEqual(texts(page, ".document-state"), ["Waiting to be read"]);
});

test("a document that does not exist says so; one that is still being read does not", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /documents/a/content", problem(404, "NOT_FOUND"));
  bench.server.on("GET /documents/a", problem(404, "NOT_FOUND"));
  const gone = await bench.draw(<DocumentView id="a" query="" />);
  assert.match(gone.textContent ?? "", /This document has been removed/);
  const other = new DocumentsBench();
  other.server.on("GET /documents/b/content", problem(404, "NOT_FOUND"));
  other.server.on("GET /documents/b", json(sample("b", { status: "queued" })));
  const queued = await other.draw(<DocumentView id="b" query="" />);
  assert.match(queued.textContent ?? "", /Title b.*Waiting to be read/);
});

test("addresses: the scheme may be left out, and what is none is refused", () => {
  const rows: [string, string | null][] = [
    ["https://example.org/a", "https://example.org/a"],
    ["example.org/a b", "https://example.org/a%20b"],
    ["  http://localhost:80/ ", "http://localhost/"],
    ["file:///etc/passwd", null],
    ["javascript:alert(1)", null],
    ["https://", null],
    ["two words", null],
  ];
  for (const [text, address] of rows) assert.equal(completed(text), address, text);
});

test("where a document is opened comes from its address", () => {
  assert.deepEqual(anchorOf("?start=10&end=20"), { start: 10, end: 20 });
  assert.deepEqual(anchorOf("?chunk=c"), { chunk: "c" });
  for (const query of ["", "?start=20&end=10", "?start=1", "?start=-1&end=x"]) {
    assert.deepEqual(anchorOf(query), { from: 0 }, query);
  }
});

test("words that were searched for are marked, whatever signs they hold", () => {
  const [, hit] = marked("About C++ (old).", "c++") as [string, { props: { children: string } }];
  assert.equal(hit.props.children, "C++");
  assert.equal(marked("text", ""), "text");
});

test("uploads are told in one sentence", () => {
  const upload = (status: Upload["status"], share = 0): Upload => ({
    id: 1,
    name: "a",
    size: 100,
    status,
    share,
    message: null,
    isRetryable: false,
    documentId: null,
  });
  const one = summaryOf([upload("taken"), upload("sending", 0.5), upload("waiting"), upload("waiting")]);
  assert.deepEqual([one.summary, one.open, one.share], ["Sending 2 of 4 files", 3, 0.375]);
  const over = summaryOf([upload("taken"), upload("failed"), upload("unchanged")]);
  assert.deepEqual([over.summary, over.open], ["1 file sent, 1 already here, 1 could not be added", 0]);
});

test("sizes, days and progress read well", () => {
  assert.deepEqual([0, 999, 1000, 12_345, 999_600, 1_500_000].map(formatBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "12 kB",
    "1.0 MB",
    "1.5 MB",
  ]);
  const now = new Date(2026, 5, 15, 12);
  assert.equal(formatDay(new Date(2026, 5, 15, 9, 5).toISOString(), now), "09:05");
  assert.equal(formatDay(new Date(2026, 2, 3).toISOString(), now), "3 Mar");
  assert.equal(formatDay(new Date(2024, 2, 3).toISOString(), now), "3 Mar 2024");
  assert.equal(formatDay("never", now), "");
  assert.equal(statusSentence(sample("a", { status: "queued" })), "Waiting to be read");
});
