import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { describe, it } from "node:test";
import { ActionQueue } from "../../src/stream/actionQueue";
import type { RunAction } from "../../src/stream/actions";
import { debugLog } from "../../src/stream/debug";
import { browserEnvironment, randomUUID } from "../../src/stream/environment";
import { IDLE_RUN } from "../../src/stream/runState";
import { FakeEnvironment } from "../support/fakeEnvironment";
import { silent } from "../support/scriptedServer";

describe("run ids", () => {
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it("are made where crypto.randomUUID is missing, as on plain HTTP", () => {
    for (const byte of [0x00, 0x0f, 0xff]) {
      const getRandomValues = (bytes: Uint8Array) => bytes.fill(byte);
      assert.match(randomUUID({ getRandomValues } as unknown as Crypto), version4);
    }
    assert.match(randomUUID(webcrypto), version4);
  });
});

describe("a frame", () => {
  it("happens once, drawn or not, and can be taken back", () => {
    const { requestAnimationFrame, cancelAnimationFrame, setTimeout: realTimeout } = globalThis;
    const callbacks: (() => void)[] = [];
    globalThis.requestAnimationFrame = (callback) => callbacks.push(() => callback(0));
    globalThis.cancelAnimationFrame = (index) => void (callbacks[index - 1] = () => {});
    const timers: (() => void)[] = [];
    globalThis.setTimeout = ((callback: () => void) => timers.push(callback)) as unknown as typeof setTimeout;
    let frames = 0;
    const { nextFrame } = browserEnvironment();
    nextFrame(() => (frames += 1));
    timers[0]?.();
    callbacks[0]?.();
    assert.equal(
      frames,
      1,
      "a hidden tab draws nothing: the timer stands in, and the late frame does nothing",
    );
    nextFrame(() => (frames += 1))();
    callbacks[1]?.();
    assert.equal(frames, 1);
    Object.assign(globalThis, { requestAnimationFrame, cancelAnimationFrame, setTimeout: realTimeout });
  });
});

describe("the queue of actions", () => {
  const token = (id: number): RunAction => ({
    type: "received",
    id,
    at: 0,
    event: { type: "token", content: "x", timestamp: null },
  });

  it("hands tokens on once per frame, and what the user did at once, in order", async () => {
    const environment = new FakeEnvironment(silent);
    const batches: number[] = [];
    const queue = new ActionQueue(environment, (actions) => batches.push(actions.length));
    queue.push(token(1));
    queue.push(token(2));
    assert.deepEqual(batches, []);
    await environment.advance(16);
    assert.deepEqual(batches, [2]);
    queue.push(token(3));
    queue.push({ type: "stopRequested" });
    assert.deepEqual(batches, [2, 2]);
    queue.push(token(4));
    queue.clear();
    await environment.advance(100);
    assert.deepEqual(batches, [2, 2]);
    assert.equal(environment.pendingTimers, 0);
  });
});

describe("the debug log", () => {
  function linesOf(setting: string | null): string[] {
    const environment = new FakeEnvironment(silent);
    if (setting !== null) environment.stored.set("DEBUG_STREAMING", setting);
    const real = console.log;
    const lines: string[] = [];
    console.log = (...parts: unknown[]) => void lines.push(parts.join(" "));
    const log = debugLog(environment);
    log.frame("7", '{"type":"token"}');
    log.note("a note");
    log.transition(IDLE_RUN, { ...IDLE_RUN, status: "connecting" }, "started");
    log.transition(IDLE_RUN, { ...IDLE_RUN, text: "more" }, "received");
    console.log = real;
    return lines;
  }

  it("writes frames and transitions when DEBUG_STREAMING is true, and nothing otherwise", () => {
    assert.deepEqual(linesOf("true"), [
      '[stream 0.000s] frame 7 {"type":"token"}',
      "[stream 0.000s] a note",
      "[stream 0.000s] started: idle → connecting",
    ]);
    assert.deepEqual(linesOf("false"), []);
    assert.deepEqual(linesOf(null), []);
  });
});
