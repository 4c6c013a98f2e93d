import assert from "node:assert/strict";
import { test } from "node:test";
import { StageIndicator } from "../../src/components/StageIndicator";
import { phaseDetail, phasesOf, phaseText, sentenceOf } from "../../src/components/stageText";
import type { RunState } from "../../src/stream/runState";
import { mockTimers } from "../support/mockTimers";
import { render, settled, type Rendered } from "./render";
import { running, sources, stage } from "./samples";

test("the three stages have the texts of the contract", () => {
  assert.equal(phaseText("retrieval"), "Searching knowledge base…");
  assert.equal(phaseText("reranking"), "Reranking results…");
  assert.equal(phaseText("generation"), "Generating response…");
});

test("the phases of a run are its stages in their order, with sending before and stopping after", () => {
  const run = running({ stages: [stage("routing"), stage("retrieval")] });
  assert.deepEqual(phasesOf(run), ["connecting", "routing", "retrieval"]);
  assert.deepEqual(phasesOf({ ...run, status: "stopping" }), [
    "connecting",
    "routing",
    "retrieval",
    "stopping",
  ]);
});

test("what is known of a stage stands beside it", () => {
  const run = running({ stages: [stage("reranking", { candidates: 24 })], sources: sources.slice(0, 1) });
  assert.equal(phaseDetail(run, "reranking"), "24 passages");
  assert.equal(phaseDetail(run, "generation"), "1 source");
  assert.equal(phaseDetail(run, "retrieval"), "");
});

function statusText({ page }: Rendered): string | null | undefined {
  return page.querySelector('[role="status"][data-testid="stage"]')?.textContent;
}

test("the running stage is a status whose text does not change with the clock", async (context) => {
  mockTimers(context, ["setInterval", "setTimeout"]);
  context.mock.method(Date, "now", () => 1_000_000);
  const run = running({ startedAt: 1_000_000 - 12_300, stages: [stage("retrieval")] });
  const rendered = await render(<StageIndicator run={run} />);
  assert.equal(statusText(rendered), "Searching knowledge base…");
  const time = rendered.page.querySelector(".stage-time");
  assert.equal(time?.textContent, "12 s");
  assert.equal(time?.closest('[aria-hidden="true"]') === null, false);
});

test("stages that follow each other within a frame are shown one by one, in their order", async (context) => {
  mockTimers(context, ["setInterval", "setTimeout"]);
  const seen: (string | null | undefined)[] = [];
  const rendered = await render(
    <StageIndicator run={running({ stages: [stage("routing"), stage("retrieval")] })} />,
  );
  seen.push(statusText(rendered));
  const all: RunState = running({
    stages: [stage("routing"), stage("retrieval"), stage("reranking"), stage("generation")],
  });
  await rendered.draw(<StageIndicator run={all} />);
  seen.push(statusText(rendered));
  for (let step = 0; step < 3; step += 1) {
    await settled(() => context.mock.timers.tick(20));
    seen.push(statusText(rendered));
  }
  assert.deepEqual(
    seen.filter((text, index) => text !== seen[index - 1]),
    ["Searching knowledge base…", "Reranking results…", "Generating response…"],
  );
});

test("the old text leaves without being a second text on the page", async (context) => {
  mockTimers(context, ["setInterval", "setTimeout"]);
  const rendered = await render(<StageIndicator run={running({ stages: [stage("retrieval")] })} />);
  await rendered.draw(<StageIndicator run={running({ stages: [stage("retrieval"), stage("reranking")] })} />);
  await settled(() => context.mock.timers.tick(60));
  assert.equal(statusText(rendered), "Reranking results…");
  const text = rendered.page.querySelector(".stage-text");
  assert.equal(text?.getAttribute("data-leaving"), "Searching knowledge base…");
});

test("a run that waits for a free place says how long the line is, and gives way to its first stage", () => {
  const run = running({ queuePosition: 4 });
  assert.deepEqual(phasesOf(run), ["connecting", "queued"]);
  assert.equal(sentenceOf(run, "queued"), "Waiting for a free place… 3 ahead of you");
  assert.equal(sentenceOf(running({ queuePosition: 1 }), "queued"), "Waiting for a free place… You are next");
  const begun = running({ queuePosition: null, stages: [stage("routing")] });
  assert.deepEqual(phasesOf(begun), ["connecting", "routing"]);
});
