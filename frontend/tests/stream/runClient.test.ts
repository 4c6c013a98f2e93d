import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ASK, Bench, FOLLOW, RUN, bytesOf, recorded, textOf } from "../support/runBench";
import { problem } from "../support/scriptedServer";

describe("a stream that goes well", () => {
  it("is asked for with the run's id, is read, and leaves nothing behind", async () => {
    const bench = new Bench();
    bench.server.on(ASK, bench.server.stream);
    await bench.start();
    assert.equal(bench.state.status, "streaming");
    bench.server.last.send(bytesOf("question"));
    await settle();
    assert.deepEqual(bench.statuses, ["connecting", "streaming", "done"]);
    assert.deepEqual(bench.server.seen(ASK)[0]?.body, { message: "Question", run_id: RUN });
    assert.ok(bench.server.last.aborted, "the page lets go of the connection");
    bench.assertQuiet();
  });

  it("events of unknown types are ignored, and their ids count for the resume", async () => {
    const bench = new Bench();
    bench.server.on(ASK, bench.server.stream).on(FOLLOW, bench.server.stream);
    await bench.start();
    bench.server.last.event(1, "from_the_future", { x: 1 });
    await settle();
    bench.server.last.fail();
    await bench.environment.advance(1000);
    assert.equal(bench.server.seen(FOLLOW)[0]?.headers.get("last-event-id"), "1");
  });
});

describe("problems before the stream", () => {
  it("that trying again cannot help: their sentence, and no Retry", async () => {
    const bench = new Bench();
    bench.server.on(ASK, problem(422, "INVALID_REQUEST", { field: "message" }));
    await bench.start();
    assert.deepEqual(bench.state.error, {
      code: "INVALID_REQUEST",
      message: "INVALID_REQUEST happened.",
      retryable: false,
      retryAfterMs: null,
    });
    bench.assertQuiet();
  });

  it("OVERLOADED waits as long as the server asks for", async () => {
    const bench = new Bench();
    bench.server.on(
      ASK,
      problem(503, "OVERLOADED", { retryable: true }, { "retry-after": "7" }),
      bench.server.stream,
    );
    await bench.start();
    assert.equal(bench.state.reconnect?.retryAt, bench.environment.time + 7000);
    assert.equal(bench.state.reconnect?.reason, "OVERLOADED happened.");
    await bench.environment.advance(7000);
    assert.equal(bench.state.status, "streaming");
  });

  it("503 that will not pass is said at once", async () => {
    const bench = new Bench();
    bench.server.on(ASK, problem(503, "CLOSED", { retryable: false }));
    await bench.start();
    assert.deepEqual([bench.state.status, bench.state.error?.code], ["failed", "CLOSED"]);
  });

  it("OVERLOADED three times, or for long, ends in the server's sentence with Retry", async () => {
    const often = new Bench();
    often.server.on(ASK, problem(503, "OVERLOADED", { retryable: true, retry_after_ms: 500 }));
    await often.start();
    await often.environment.advance(7000);
    assert.deepEqual(
      [often.state.status, often.state.error?.code, often.state.error?.retryable],
      ["failed", "OVERLOADED", true],
    );
    const long = new Bench();
    long.server.on(ASK, problem(503, "OVERLOADED", { retryable: true, retry_after_ms: 600_000 }));
    await long.start();
    assert.deepEqual([long.state.status, long.state.error?.retryAfterMs], ["failed", 600_000]);
  });

  it("RUN_ACTIVE with another run is reported; with this one it is followed", async () => {
    const other = new Bench();
    other.server.on(ASK, problem(409, "RUN_ACTIVE", { run_id: "other" }));
    await other.start();
    assert.deepEqual(other.busy, ["other"]);
    other.assertQuiet();
    const own = new Bench();
    own.server.on(ASK, problem(409, "RUN_ACTIVE", { run_id: RUN })).on(FOLLOW, own.server.stream);
    await own.start();
    assert.equal(own.state.status, "streaming");
  });

  it("a wrong access token can be retried once the right one is there", async () => {
    const bench = new Bench();
    bench.server.on(ASK, problem(401, "UNAUTHORIZED"));
    await bench.start();
    assert.deepEqual([bench.state.error?.code, bench.state.error?.retryable], ["UNAUTHORIZED", true]);
  });
});

describe("a stream that cannot be understood", () => {
  for (const [what, frame] of [
    ["is not JSON", "id: 12\ndata: {oops\n\n"],
    ["lacks what its type promises", 'id: 12\ndata: {"type":"done","content":{}}\n\n'],
    ["has no number", 'id: x\ndata: {"type":"token","content":"a"}\n\n'],
  ] as const) {
    it(`because a frame ${what}: a sentence, never a crash`, async () => {
      const bench = new Bench();
      await bench.startAndCut();
      bench.server.last.send(frame);
      await settle();
      assert.deepEqual([bench.state.status, bench.state.error?.code], ["failed", "PROTOCOL_ERROR"]);
      assert.equal(bench.state.error?.retryable, false);
      bench.assertQuiet();
    });
  }
});

describe("every recorded stream, cut at every event and resumed", () => {
  it("gives the same answer", async () => {
    for (const name of ["question", "direct", "joined-tokens", "unknown-event"]) {
      const frames = textOf(name).split(/(?<=\n\n)/);
      for (let cut = 3; cut < frames.length; cut += 3) {
        const bench = new Bench();
        bench.server.on(ASK, bench.server.stream).on(FOLLOW, bench.server.stream);
        await bench.start();
        bench.server.last.send(frames.slice(0, cut).join("") + (frames[cut] ?? "").slice(0, 20));
        await settle();
        bench.server.last.fail();
        await bench.environment.advance(1000);
        bench.server.last.send(frames.slice(cut).join(""));
        await settle();
        const expected = recorded.find((fixture) => fixture.name === name)?.expected;
        assert.deepEqual(
          [bench.state.status, bench.state.text],
          ["done", expected?.text],
          `${name} cut at ${cut}`,
        );
      }
    }
  });
});
