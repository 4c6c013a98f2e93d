import assert from "node:assert/strict";
import { test } from "node:test";
import { formatScore } from "../../src/components/xray/CandidateCard";
import { changeOf, SearchLab } from "../../src/components/xray/SearchLab";
import { balanceOf } from "../../src/components/xray/SearchControls";
import { weightsOf } from "../../src/documents/documentsAPI";
import type { Source } from "../../src/types/streaming";
import { problem } from "../support/scriptedServer";
import { DocumentsBench, texts } from "./documentsBench";
import { byName, click, settled, type } from "./render";

const settings = {
  method: "sum",
  word_weight: 0.5,
  meaning_weight: 0.5,
  candidates: 100,
  limit: 2,
  rerank: true,
};

const passage = (id: string, rank: number, more = {}) => ({
  document_id: `d-${id}`,
  chunk_id: id,
  title: `Title ${id}`,
  source: "s.md",
  locator: "Part",
  page: null,
  start: 0,
  end: 9,
  snippet: `Snippet ${id}`,
  bm25_rank: rank,
  bm25_score: 10 / rank,
  vector_rank: null,
  vector_score: null,
  fused_rank: rank,
  fused_score: 1 / rank,
  rerank_rank: rank,
  rerank_score: 0.9 / rank,
  kept: rank < 3,
  reason: `Reason ${id}`,
  ...more,
});

/** Answers with the passages of these ids, in this order. */
const answer =
  (...ids: string[]) =>
  ({ path }: { path: string }) =>
    new Response(
      JSON.stringify({
        query: new URLSearchParams(path.split("?")[1]).get("q"),
        queries: ["q", "other words"],
        mode: "words",
        settings,
        reranker: "embedded",
        timings: { retrieval_ms: 3, rerank_ms: 14, total_ms: 17 },
        warnings: ["The reranker failed."],
        passages: ids.map((id, index) => passage(id, index + 1)),
      }),
    );

async function lab(bench: DocumentsBench, sources: readonly Source[] = []) {
  const page = await bench.draw(<SearchLab question="q" sources={sources} onLeave={() => {}} />);
  return page;
}

test("every candidate is shown with its ranks, its reason and its fate", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /search", answer("a", "b", "c"));
  const cited = {
    number: 4,
    document_id: "d-b",
    chunk_id: "b",
    title: "T",
    locator: "",
    snippet: "",
    score: 1,
  };
  const page = await lab(bench, [cited]);
  assert.deepEqual(texts(page, ".candidate-title"), ["Title a", "Title b", "Title c"]);
  assert.deepEqual(texts(page, ".candidate-head .chip"), ["kept", "source 4", "kept", "dropped"]);
  assert.match(page.querySelector(".candidate")?.textContent ?? "", /Words#1.*Meaning–not found.*Reason a/s);
  const facts = page.querySelector(".lab-facts")?.textContent ?? "";
  for (const part of [
    /2 of 3 passages kept/,
    /3 ms/,
    /14 ms \(embedded\)/,
    /by words only/,
    /“other words”/,
    /failed\./,
  ]) {
    assert.match(facts, part);
  }
  assert.deepEqual(texts(page, ".change"), [], "there is nothing to compare with yet");
});

test("another setting asks again and shows how places have changed", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /search", answer("a", "b", "c"), answer("c", "a", "d"));
  const page = await lab(bench);
  await settled(() => {
    const box = page.querySelector<HTMLInputElement>('input[type="checkbox"]');
    box?.click();
  });
  await bench.settle();
  assert.match(bench.server.seen("GET /search")[1]?.path ?? "", /q=q&rerank=false$/);
  assert.deepEqual(texts(page, ".change"), ["▲ 22 up", "▼ 11 down", "new"]);
});

test("one document alone can be searched, and all again", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /search", answer("a", "b"));
  const page = await lab(bench);
  await click(byName(page, "Only this document"));
  await bench.settle();
  assert.match(bench.server.seen("GET /search")[1]?.path ?? "", /&document=d-a$/);
  await click(byName(page, "Search in all documents"));
  await bench.settle();
  assert.doesNotMatch(bench.server.seen("GET /search")[2]?.path ?? "", /document=/);
});

test("another question is asked with the form, and a failure is told", async () => {
  const bench = new DocumentsBench();
  bench.server.on("GET /search", answer("a"), problem(503, "UNAVAILABLE"));
  const page = await lab(bench);
  const field = page.querySelector<HTMLInputElement>('input[type="search"]');
  assert.ok(field);
  await type(field, "another");
  assert.equal(bench.server.seen("GET /search").length, 1, "not at every key");
  await settled(() => field.form?.requestSubmit());
  await bench.settle();
  assert.match(page.querySelector('[role="alert"]')?.textContent ?? "", /UNAVAILABLE happened/);
});

test("places are compared with the search before", () => {
  const before = new Map([
    ["a", 1],
    ["b", 5],
  ]);
  assert.deepEqual(
    [
      changeOf({ chunk_id: "b" }, 2, before),
      changeOf({ chunk_id: "a" }, 1, before),
      changeOf({ chunk_id: "x" }, 1, before),
    ],
    [3, 0, "new"],
  );
  assert.equal(changeOf({ chunk_id: "a" }, 1, null), null);
});

test("the balance is what the two weights say, and back", () => {
  assert.deepEqual(weightsOf(0.8), { word_weight: 0.2, meaning_weight: 0.8 });
  assert.deepEqual(weightsOf(7), { word_weight: 0, meaning_weight: 1 });
  assert.equal(balanceOf({ ...settings, word_weight: 0.25, meaning_weight: 0.75 }), 0.75);
  assert.equal(balanceOf({ ...settings, word_weight: 0, meaning_weight: 0 }), 0.5);
  assert.equal(balanceOf(null), 0.5);
});

test("scores have the figures that count", () => {
  assert.deepEqual([0, 0.0123, 0.5, 12.34, 123.4, -1.5].map(formatScore), [
    "0.00",
    "0.0123",
    "0.50",
    "12.3",
    "123",
    "-1.50",
  ]);
});
