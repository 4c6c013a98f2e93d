import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reduce, reduceBatch } from "../../src/stream/reducer";
import { IDLE_RUN, isActive, type RunState } from "../../src/stream/runState";
import type { RunAction } from "../../src/stream/actions";
import { loadFixtures } from "../support/fixtures";
import { seededRandom } from "../support/random";
import { actionsOf, startedRun, type ExpectedRun } from "../support/replay";

const fixtures = loadFixtures<ExpectedRun>("streams", "sse");

function fixture(name: string) {
  const found = fixtures.find((other) => other.name === name);
  assert.ok(found, `there is no recorded stream "${name}"`);
  return found;
}

/** The state before a stream: of the stream that it continues, or of a run that was just sent. */
function stateBefore(expected: ExpectedRun): RunState {
  if (expected.continues === undefined) return startedRun(expected.run_id);
  const before = fixture(expected.continues);
  return reduceBatch(startedRun(expected.run_id), actionsOf(before.bytes));
}

function token(id: number, content: string, at = 5000): RunAction {
  return { type: "received", id, at, event: { type: "token", content, timestamp: null } };
}

function stage<Name extends string | undefined>(state: RunState, name: Name) {
  return state.stages.find((record) => record.stage === name);
}

function assertMatches(state: RunState, expected: ExpectedRun): void {
  assert.equal(state.status, expected.status);
  assert.equal(state.text, expected.text);
  assert.equal(state.sources.length, expected.sources);
  assert.deepEqual(
    state.stages.map((record) => record.stage),
    expected.stages,
  );
  assert.equal(state.error?.code ?? null, expected.error_code);
  if (state.error) assert.equal(state.error.retryable, expected.retryable ?? false);
  assert.equal(state.error?.retryAfterMs ?? undefined, expected.retry_after_ms);
  assert.equal(state.textEpoch, expected.text_epoch ?? 0);
  assert.equal(state.finishReason ?? undefined, expected.finish_reason);
  assert.equal(state.metadata?.session_id, expected.session_id);
  assert.equal(state.metadata?.message_id, expected.message_id);
  assert.equal(state.metadata?.parent_id, expected.parent_id);
  if (expected.agent !== undefined) assert.equal(stage(state, "routing")?.agent, expected.agent);
  if (expected.doc_count !== undefined) assert.equal(stage(state, "retrieval")?.docCount, expected.doc_count);
  if (expected.candidates !== undefined)
    assert.equal(stage(state, "reranking")?.candidates, expected.candidates);
  if (expected.selected !== undefined) assert.equal(stage(state, "reranking")?.selected, expected.selected);
  const tokens = stage(state, "generation")?.tokenCount;
  if (tokens !== undefined) assert.equal(tokens, expected.token_count);
}

describe("the recorded streams", () => {
  it("are there", () => assert.ok(fixtures.length >= 10));

  for (const { name, bytes, expected } of fixtures) {
    it(`${name}: ${expected.description}`, () => {
      const actions = actionsOf(bytes);
      const before = stateBefore(expected);
      const oneByOne = actions.reduce(reduce, before);
      assertMatches(oneByOne, expected);
      assert.deepEqual(reduceBatch(before, actions), oneByOne, "all at once");
      assert.deepEqual(reduceBatch(oneByOne, actions), oneByOne, "the same stream once more changes nothing");
      const running = oneByOne.stages.filter((record) => record.status === "running");
      assert.equal(running.length, isActive(oneByOne) ? 1 : 0, "only an active run has a running stage");
    });
  }
});

describe("batches", () => {
  it("of any size give the same state", () => {
    const random = seededRandom(7);
    for (const { bytes, expected } of fixtures) {
      const actions = actionsOf(bytes).flatMap((action) => (random() < 0.2 ? [action, action] : [action]));
      const oneByOne = actions.reduce(reduce, stateBefore(expected));
      let state = stateBefore(expected);
      for (let index = 0; index < actions.length;) {
        const size = 1 + Math.floor(random() * 6);
        state = reduceBatch(state, actions.slice(index, index + size));
        index += size;
      }
      assert.deepEqual(state, oneByOne);
    }
  });

  it("100,000 tokens cost time in proportion, and one state per batch", () => {
    const tokens = Array.from({ length: 100_000 }, (_, index) => token(index + 1, " token"));
    const began = performance.now();
    let state = startedRun("r");
    for (let index = 0; index < tokens.length; index += 50) {
      state = reduceBatch(state, tokens.slice(index, index + 50));
      assert.equal(state.text.length, 6 * (index + 50));
      state.text.charCodeAt(index); // A reader flattens the text in every frame.
    }
    assert.ok(performance.now() - began < 5000, "quadratic work would take minutes");
  });
});

describe("ids", () => {
  it("keep the end of the text at hand, which does not grow with the text", () => {
    let state = startedRun("run");
    for (let id = 1; id <= 5_000; id += 1) {
      const before = state.text.length;
      state = reduceBatch(state, [token(2 * id - 1, `token ${id}, `), token(2 * id, "and more. ")]);
      const { text, tail } = state;
      assert.ok(tail.start <= before, "what has just come is in it");
      assert.ok(tail.text.length < 5_000);
      assert.equal(text.length, tail.start + tail.text.length);
      if (id % 500 === 0) assert.ok(text.endsWith(tail.text));
    }
    assert.ok(state.text.length > 100_000);
  });

  it("repeated and older ones are ignored, jumps are taken", () => {
    const state = [token(4, "a"), token(4, "a"), token(3, "x"), token(9, "b"), token(5, "y")].reduce(
      reduce,
      startedRun("r"),
    );
    assert.equal(state.text, "ab");
    assert.equal(state.lastEventId, 9);
  });

  it("a snapshot replaces what is there and says so", () => {
    const snapshot: RunAction = {
      type: "received",
      id: 5,
      at: 0,
      event: {
        type: "snapshot",
        content: { text: "whole", stage: "generation", sources: [] },
        timestamp: null,
      },
    };
    const state = [token(1, "wh"), snapshot, token(6, "!")].reduce(reduce, startedRun("r"));
    assert.equal(state.text, "whole!");
    assert.equal(state.textEpoch, 1);
  });
});

describe("the user and the network", () => {
  const failure = { code: "X", message: "It broke.", retryable: true, retryAfterMs: null };

  it("Stop keeps the text, and no error can follow it", () => {
    let state = [token(1, "kept"), { type: "stopRequested" } as const].reduce(reduce, startedRun("r"));
    assert.equal(state.status, "stopping");
    state = reduce(state, { type: "failed", failure, at: 2000 });
    assert.equal(state.status, "stopped");
    assert.equal(state.text, "kept");
    assert.equal(state.error, null);
  });

  it("an error event after Stop is a stop; done after Stop is done, without a receipt", () => {
    const receipt = { run_id: "r", status: "done", last_event_id: 2, token_count: 1, stopped_in_ms: 3 };
    const stopping = reduce(startedRun("r"), { type: "stopRequested" });
    const error = {
      type: "error",
      content: { code: "TIMEOUT", message: "", retryable: true },
      timestamp: null,
    } as const;
    const stopped = reduce(stopping, { type: "received", id: 1, at: 1, event: error });
    assert.deepEqual([stopped.status, stopped.error], ["stopped", null]);
    const content = { message_id: "m", finish_reason: "stop", usage: null, timings: null };
    const done = reduce(reduce(stopping, { type: "receiptCame", receipt }), {
      type: "received",
      id: 1,
      at: 1,
      event: { type: "done", content, timestamp: null },
    });
    assert.deepEqual([done.status, done.receipt], ["done", null]);
  });

  it("a lost connection counts down, waits for the network, tries, and goes on", () => {
    let state = startedRun("r");
    const schedule = { type: "retryScheduled", attempt: 1, maxAttempts: 3, reason: "It broke." } as const;
    state = reduce(state, { ...schedule, retryAt: 2000 });
    assert.deepEqual(
      [state.status, state.reconnect?.phase, state.reconnect?.retryAt],
      ["reconnecting", "countdown", 2000],
    );
    state = reduce(state, { ...schedule, retryAt: null });
    assert.equal(state.reconnect?.phase, "offline");
    state = reduce(state, { type: "retryStarted" });
    assert.equal(state.reconnect?.phase, "trying");
    state = reduce(state, { type: "connected" });
    assert.deepEqual([state.status, state.reconnect], ["streaming", null]);
  });

  it("nothing changes a run that has ended", () => {
    const ended = reduce(startedRun("r"), { type: "failed", failure, at: 2000 });
    const late: RunAction[] = [
      token(1, "late"),
      { type: "connected" },
      { type: "slowed" },
      { type: "stopRequested" },
    ];
    for (const action of late) assert.equal(reduce(ended, action), ended);
    assert.equal(reduceBatch(ended, [token(1, "a"), token(2, "b")]), ended);
  });

  it("a new run starts from nothing", () => {
    const ended = reduce(startedRun("r"), { type: "failed", failure, at: 2000 });
    const next = reduce(ended, { type: "started", runId: "s", at: 3000 });
    assert.deepEqual(next, { ...IDLE_RUN, status: "connecting", runId: "s", startedAt: 3000 });
  });
});

describe("times", () => {
  it("a server whose clock is an hour ahead changes nothing", () => {
    const { bytes, expected } = fixture("question");
    const [first, ...rest] = actionsOf(bytes, Date.parse("2026-01-02T02:04:05.678Z"));
    assert.ok(first?.type === "received");
    const sentAt = first.at - 30;
    const state = [first, ...rest].reduce(reduce, startedRun(expected.run_id, sentAt));
    assert.ok((state.startedAt ?? 0) <= sentAt);
    for (const record of state.stages) assert.ok(record.startedAt <= (state.endedAt ?? 0));
  });

  it("a stage that began before this page attached began on this page's clock", () => {
    const timestamp = Date.parse("2026-01-02T03:04:05.000Z");
    const at = 50_000;
    const events: RunAction[] = [
      {
        type: "received",
        id: 1,
        at,
        event: { type: "generation_start", content: { stage: "generation", status: "started" }, timestamp },
      },
      { type: "received", id: 2, at, event: { type: "token", content: "x", timestamp: timestamp + 7000 } },
    ];
    const attached: RunAction = { type: "attached", runId: "r", known: null, at };
    const state = reduceBatch(IDLE_RUN, [attached, ...events]);
    assert.equal(state.stages[0]?.startedAt, at - 7000);
    assert.equal(state.startedAt, at - 7000, "and so did the run");
  });
});

describe("a run that waits", () => {
  const queued = (id: number, position: number): RunAction => ({
    type: "received",
    id,
    at: 5000,
    event: { type: "queued", content: { position }, timestamp: null },
  });

  it("has its place until anything else happens", () => {
    const waiting = [queued(1, 3), queued(2, 2)].reduce(reduce, startedRun("run"));
    assert.equal(waiting.queuePosition, 2);
    assert.equal(reduce(waiting, token(3, "x")).queuePosition, null);
    assert.equal(reduceBatch(waiting, [token(3, "x"), token(4, "y")]).queuePosition, null);
    assert.equal(reduce(waiting, { type: "stopped", at: 6000 }).queuePosition, null);
    assert.equal(reduce(waiting, { type: "slowed" }).queuePosition, 2);
  });
});

describe("an interrupted answer", () => {
  const snapshot = (id: number, text: string): RunAction => ({
    type: "received",
    id,
    at: 5000,
    event: { type: "snapshot", content: { text, stage: null, sources: [] }, timestamp: null },
  });
  const failure = (id: number, code: string): RunAction => ({
    type: "received",
    id,
    at: 5000,
    event: { type: "error", content: { code, message: "Failed.", retryable: true }, timestamp: null },
  });
  const shown = reduce(startedRun("run"), token(1, "One two"));

  for (const [what, actions, text] of [
    ["keeps the words that were not stored", [snapshot(2, "One"), failure(3, "INTERRUPTED")], "One two"],
    [
      "takes the words that had not come",
      [snapshot(2, "One two three"), failure(3, "INTERRUPTED")],
      "One two three",
    ],
    ["takes a text that is another one", [snapshot(2, "Two"), failure(3, "INTERRUPTED")], "Two"],
    ["takes what was written since", [snapshot(2, ""), token(3, "New"), failure(4, "INTERRUPTED")], "New"],
    ["is not one that failed otherwise", [snapshot(2, "One"), failure(3, "TIMEOUT")], "One"],
  ] as const) {
    it(what, () => {
      assert.equal(actions.reduce(reduce, shown).text, text);
      assert.equal(reduceBatch(shown, actions).text, text);
    });
  }

  it("that is continued shows what there is of it until its text is replaced", () => {
    const known = { session_id: "s", run_id: "r", message_id: "m", parent_id: "p", model: "", provider: "" };
    const begun = reduce(IDLE_RUN, { type: "continued", runId: "r", known, text: "One", sources: [], at: 1 });
    assert.deepEqual([begun.text, begun.status, begun.metadata?.message_id], ["One", "connecting", "m"]);
    assert.equal(reduce(begun, snapshot(2, "")).text, "");
  });
});
