import assert from "node:assert/strict";
import { test } from "node:test";
import { loadMarkdown } from "../../src/components/AnswerText";
import { MessageList } from "../../src/components/MessageList";
import { placeOf, shortPlaceOf } from "../../src/components/Sources";
import { IDLE_RUN } from "../../src/stream/runState";
import { alone, answer, nothing, question, sources } from "./samples";
import { byName, click, render, settled } from "./render";

const list = (message = answer()) => (
  <MessageList messages={[question(), message]} versions={alone} run={IDLE_RUN} {...nothing} />
);

test("a deleted document is marked at its citations and its card, also while one looks", async () => {
  await loadMarkdown();
  const { page, store } = await render(list());
  assert.equal(page.querySelector(".citation.removed"), null);
  await settled(() => store.setState({ removedDocuments: new Set(["document-1"]) }));
  assert.equal(page.querySelector(".citation")?.className, "citation removed");
  assert.equal(page.querySelector(".citation")?.getAttribute("title"), "This document has been removed");
  assert.match(page.querySelector(".source-card.removed")?.textContent ?? "", /README.*Removed/);
  assert.equal(page.querySelectorAll(".source-card.removed").length, 1);
  await click(byName(page, "Source 1: README (removed)"));
  assert.match(page.querySelector("dialog")?.textContent ?? "", /has been removed.*Passage 1/s);
});

test("a stored answer says itself which of its documents are gone", async () => {
  const gone = sources.map((source) => ({ ...source, removed: source.number === 2 }));
  const { page } = await render(list(answer({ sources: gone })));
  assert.match(page.querySelector(".source-card.removed")?.textContent ?? "", /Architecture/);
});

test("warnings stand quietly under the answer", async () => {
  const warnings = [{ stage: "reranking", message: "The reranker failed; the order before it is used." }];
  const { page } = await render(list(answer({ warnings })));
  assert.match(page.querySelector('[data-testid="warnings"]')?.textContent ?? "", /The reranker failed/);
  assert.equal(page.querySelector('[role="alert"]'), null);
});

test("sources of one document are told apart by place and page", () => {
  const [source] = sources;
  assert.ok(source);
  assert.equal(placeOf({ ...source, page: 3 }), "What it is · page 3");
  assert.equal(placeOf({ ...source, locator: "page 3", page: 3 }), "page 3");
  assert.equal(placeOf({ ...source, locator: "", page: null }), "");
  assert.equal(placeOf({ ...source, removed: true }), "Removed · What it is");
  const locator = "4 Function reference › 4.3 Functions for decoding › decode_element";
  assert.equal(shortPlaceOf({ ...source, locator, page: 23 }), "page 23 · … › decode_element");
  assert.equal(shortPlaceOf({ ...source, locator: "Guide › Part 1" }), "Guide › Part 1");
});
