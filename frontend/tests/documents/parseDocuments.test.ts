import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as read from "../../src/types/parseDocuments";
import { readSearch } from "../../src/types/parseSearch";
import { document, embedding, page } from "./samples";

describe("documents from the server", () => {
  it("are read whole, and keys that this page does not know do no harm", () => {
    const item = document("a", { progress: { done: 1, total: 3, unit: "pages" }, status: "reading" });
    assert.deepEqual(read.readDocument({ ...item, later: true }), item);
    assert.deepEqual(read.readDocumentPage(page([item], "next", 7)), {
      documents: [item],
      next_cursor: "next",
      total: 7,
      embedding,
    });
  });

  it("what is not of the API is refused, and the reason names the key", () => {
    assert.throws(() => read.readDocument({ ...document("a"), status: "later" }), /status is "later"/);
    assert.throws(() => read.readDocument({ ...document("a"), title: 7 }), /title/);
    assert.throws(() => read.readDocumentPage({ documents: {} }), /not a list/);
    assert.throws(() => read.readContent({ document: document("a"), from: 0, to: 1, length: 1 }), /blocks/);
  });

  it("a receipt says what became of each file", () => {
    const receipt = read.readReceipt({
      documents: [document("a")],
      failures: [{ source: "x", error: { code: "DAMAGED", message: "It is damaged." } }],
      unchanged: [{ source: "y", document_id: "b" }],
    });
    assert.deepEqual(
      [receipt.documents.length, receipt.failures[0]?.error.code, receipt.unchanged[0]?.document_id],
      [1, "DAMAGED", "b"],
    );
    assert.deepEqual(read.readReceipt({}), { documents: [], failures: [], unchanged: [] });
  });

  it("news of each kind are read, others are none", () => {
    const news = (type: string, content: unknown) => read.readNews(JSON.stringify({ type, content }));
    assert.equal(news("reading", document("a", { status: "reading" }))?.kind, "document");
    assert.deepEqual(news("deleted", { id: "a" }), { kind: "deleted", id: "a" });
    assert.equal(news("index", embedding)?.kind, "index");
    assert.equal(news("later", {}), null);
    assert.throws(() => news("ready", {}));
  });

  it("a block of a kind that this page does not know is text", () => {
    const block = { kind: "poem", level: null, start: 0, end: 4, page: null, text: "text" };
    const content = { document: document("a"), from: 0, to: 4, length: 4, highlight: null, blocks: [block] };
    assert.equal(read.readContent(content).blocks[0]?.kind, "other");
  });
});

it("a search has its settings, its times and every rank", () => {
  const passage = {
    document_id: "d",
    chunk_id: "c",
    title: "T",
    source: "s.md",
    locator: "",
    page: null,
    start: 0,
    end: 4,
    snippet: "text",
    bm25_rank: 1,
    bm25_score: 2.5,
    vector_rank: null,
    vector_score: null,
    fused_rank: 1,
    fused_score: 0.5,
    rerank_rank: 2,
    rerank_score: 0.1,
    kept: true,
    reason: "has the words",
  };
  const answer = readSearch({
    query: "q",
    queries: ["q"],
    mode: "words",
    settings: {
      method: "sum",
      word_weight: 0.5,
      meaning_weight: 0.5,
      limit: 6,
      candidates: 100,
      rerank: true,
    },
    reranker: "embedded",
    timings: { retrieval_ms: 1, rerank_ms: 2, total_ms: 3 },
    warnings: ["One.", { stage: "reranking", message: "Two." }],
    passages: [passage],
  });
  assert.deepEqual(answer.passages, [passage]);
  assert.deepEqual(answer.warnings, ["One.", "Two."]);
  assert.deepEqual([answer.mode, answer.settings.limit, answer.timings.total_ms], ["words", 6, 3]);
});
