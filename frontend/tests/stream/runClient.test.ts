import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { APIClient } from "../../src/api/client";
import type { RunAction } from "../../src/stream/actions";
import { debugLog } from "../../src/stream/debug";
import { reduce } from "../../src/stream/reducer";
import { RunClient } from "../../src/stream/runClient";
import { IDLE_RUN, type RunState } from "../../src/stream/runState";
import { FakeEnvironment, settle } from "../support/fakeEnvironment";
import { loadFixtures } from "../support/fixtures";
import type { ExpectedRun } from "../support/replay";
import { json, problem, refused, ScriptedServer, silent } from "../support/scriptedServer";

const RUN = "0b9e7a64-52d1-4f0e-8a53-5d1c7f2e9b20";
const FOLLOW = `GET /chat/runs/${RUN}/stream`;
const STATUS = `GET /chat/runs/${RUN}`;
const STOP = `POST /chat/runs/${RUN}/stop`;
const ASK = "POST /chat/stream";

const recorded = loadFixtures<ExpectedRun>("streams", "sse");

function bytesOf(name: string): Uint8Array {
  const fixture = recorded.find((other) => other.name === name);
  assert.ok(fixture);
  return fixture.bytes;
}

function textOf(name: string): string {
  return new TextDecoder().decode(bytesOf(name));
}

/** What the server says about a run that has sent nothing but what has arrived. */
const quiet = (last_event_id: number) =>
  json({
    run_id: RUN,
    session_id: "s",
    message_id: "m",
    parent_id: "p",
    status: "running",
    last_event_id,
    token_count: 0,
  });

const receipt = (last_event_id: number) =>
  json({ run_id: RUN, status: "cancelled", last_event_id, token_count: 2, stopped_in_ms: 4.5 });

class Bench {
  readonly server = new ScriptedServer();
  readonly environment = new FakeEnvironment(this.server.fetch);
  readonly busy: string[] = [];
  state: RunState = IDLE_RUN;
  /** Every status the run went through, in order. */
  readonly statuses: string[] = [];
  readonly client: RunClient;

  constructor() {
    const { environment } = this;
    const api = new APIClient(environment, () => {});
    const request = { message: "Question", run_id: RUN };
    this.client = new RunClient(
      RUN,
      request,
      { environment, api, debug: debugLog(environment) },
      {
        dispatch: (action) => this.dispatch(action),
        onBusy: (id) => this.busy.push(id),
      },
    );
    this.server.on(STATUS, quiet(0));
  }

  dispatch(action: RunAction): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state.status !== before.status) this.statuses.push(this.state.status);
  }

  async start(): Promise<void> {
    this.dispatch({ type: "started", runId: RUN, at: this.environment.time });
    this.client.start();
    await settle();
  }

  /** The request is answered and the stream is in the middle of the answer. */
  async startAndCut(): Promise<void> {
    this.server.on(ASK, this.server.stream).on(STATUS, quiet(11));
    await this.start();
    this.server.last.send(bytesOf("cut"));
    await settle();
  }

  /** Nothing ticks any more when a run is over. */
  assertQuiet(): void {
    assert.equal(this.environment.pendingTimers, 0, "a timer is left");
    assert.equal(this.environment.pendingListeners, 0, "a listener is left");
  }
}

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

describe("a connection that breaks", () => {
  for (const [name, how] of [
    ["breaks", "fail"],
    ["ends without a terminal event", "close"],
  ] as const) {
    it(`${name}: is resumed after 1 s where it stopped, with no text twice`, async () => {
      const bench = new Bench();
      await bench.startAndCut();
      bench.server.on(FOLLOW, bench.server.stream);
      bench.server.last[how]();
      await settle();
      assert.equal(bench.state.status, "reconnecting");
      assert.equal(bench.state.reconnect?.retryAt, bench.environment.time + 1000);
      await bench.environment.advance(999);
      assert.equal(bench.server.seen(FOLLOW).length, 0);
      await bench.environment.advance(1);
      assert.equal(bench.server.seen(FOLLOW)[0]?.headers.get("last-event-id"), "11");
      bench.server.last.send(bytesOf("cut-overlap"));
      await settle();
      assert.equal(bench.state.status, "done");
      assert.equal(bench.state.text, "Switch buffering off [1].");
      bench.assertQuiet();
    });
  }

  it("is tried after 1, 2 and 4 s, and then ends in a sentence with Retry", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, refused);
    bench.server.last.fail();
    await settle();
    const attempts: (number | undefined)[] = [];
    for (const delay of [1000, 2000, 4000]) {
      assert.equal(bench.state.reconnect?.phase, "countdown");
      assert.equal(bench.state.reconnect?.retryAt, bench.environment.time + delay);
      attempts.push(bench.state.reconnect?.attempt);
      await bench.environment.advance(delay);
    }
    assert.deepEqual(attempts, [1, 2, 3]);
    assert.equal(bench.server.seen(FOLLOW).length, 3);
    assert.deepEqual([bench.state.status, bench.state.error?.code], ["failed", "CONNECTION_LOST"]);
    assert.equal(bench.state.error?.retryable, true);
    assert.equal(bench.state.text, "Switch buffering", "what was written stays");
    bench.assertQuiet();
  });

  it("gets three new tries after each one that brought something new", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    for (let id = 12; id < 20; id += 1) {
      bench.server.last.fail();
      await settle();
      assert.equal(bench.state.reconnect?.attempt, 1);
      await bench.environment.advance(1000);
      bench.server.last.event(id, "token", ".");
      await settle();
    }
    assert.equal(bench.state.text, "Switch buffering........");
  });

  it("heartbeats alone are no progress", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    for (const delay of [1000, 2000, 4000]) {
      bench.server.last.fail();
      await bench.environment.advance(delay);
      bench.server.last.send(": heartbeat\n\n");
      await settle();
    }
    bench.server.last.fail();
    await settle();
    assert.equal(bench.state.status, "failed");
  });

  it("before the server confirmed the run: the same request is sent again, with the same run id", async () => {
    const bench = new Bench();
    bench.server.on(ASK, refused, bench.server.stream);
    await bench.start();
    assert.equal(bench.state.status, "reconnecting");
    await bench.environment.advance(1000);
    const [first, second] = bench.server.seen(ASK);
    assert.deepEqual(second?.body, first?.body);
    bench.server.last.send(bytesOf("question"));
    await settle();
    assert.equal(bench.state.status, "done");
  });

  it("a page that something else answers is no stream", async () => {
    const bench = new Bench();
    bench.server.on(
      ASK,
      () => new Response("<html>Log in to the network</html>", { headers: { "content-type": "text/html" } }),
    );
    await bench.start();
    assert.equal(bench.state.reconnect?.reason, "Something other than the chat server answered.");
  });
});

describe("a server that was restarted", () => {
  it("and lost the run: a sentence at once, and Retry", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, problem(404, "NOT_FOUND"));
    bench.server.last.fail();
    await bench.environment.advance(1000);
    assert.deepEqual([bench.state.status, bench.state.error?.code], ["failed", "RUN_LOST"]);
    assert.equal(bench.state.error?.retryable, true);
    assert.equal(bench.state.text, "Switch buffering");
    bench.assertQuiet();
  });

  it("and behind a proxy that says 502 meanwhile: the tries go on", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, () => new Response("<h1>502</h1>", { status: 502 }), bench.server.stream);
    bench.server.last.fail();
    await bench.environment.advance(1000);
    assert.deepEqual([bench.state.status, bench.state.reconnect?.attempt], ["reconnecting", 2]);
    await bench.environment.advance(2000);
    bench.server.last.send(bytesOf("cut-rest"));
    await settle();
    assert.equal(bench.state.text, "Switch buffering off [1].");
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
    assert.equal(bench.state.reconnect?.reason, "The server is busy.");
    await bench.environment.advance(7000);
    assert.equal(bench.state.status, "streaming");
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

describe("the user", () => {
  it("tries at once instead of waiting", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    bench.server.last.fail();
    await settle();
    bench.client.retryNow();
    await settle();
    assert.equal(bench.state.status, "streaming");
  });

  it("cancels reconnecting: the answer stays, with Retry, and no try comes any more", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.last.fail();
    await settle();
    bench.client.cancelRetry();
    await settle();
    assert.deepEqual([bench.state.status, bench.state.error?.code], ["failed", "RECONNECT_CANCELLED"]);
    await bench.environment.advance(10_000);
    assert.equal(bench.server.seen(FOLLOW).length, 0);
    bench.assertQuiet();
  });

  it("resumes the same run after giving up", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    bench.server.last.fail();
    await settle();
    bench.client.cancelRetry();
    bench.dispatch({ type: "resumed", maxAttempts: 3 });
    bench.client.start();
    await settle();
    bench.server.last.send(bytesOf("cut-rest"));
    await settle();
    assert.equal(bench.state.text, "Switch buffering off [1].");
    assert.equal(bench.server.streams.length, 2, "one connection, not two");
  });
});

describe("giving up and resuming in one breath", () => {
  it("leaves one loop of connections, not two", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, silent);
    bench.server.last.fail();
    await bench.environment.advance(1000);
    assert.equal(bench.state.reconnect?.phase, "trying");
    bench.client.cancelRetry();
    bench.dispatch({ type: "resumed", maxAttempts: 3 });
    bench.client.start();
    await settle();
    assert.equal(bench.server.seen(FOLLOW).length, 2);
    await bench.environment.advance(5999);
    assert.equal(bench.server.seen(FOLLOW).length, 2, "5 s without a head, and 1 s of waiting");
    await bench.environment.advance(1);
    assert.equal(bench.server.seen(FOLLOW).length, 3);
  });
});

describe("no network", () => {
  it("pauses the countdown, uses up no try, and connects at once when it is back", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    bench.server.last.fail();
    await settle();
    await bench.environment.setOnline(false);
    assert.equal(bench.state.reconnect?.phase, "offline");
    await bench.environment.advance(60_000);
    assert.equal(bench.server.seen(FOLLOW).length, 0);
    await bench.environment.setOnline(true);
    assert.equal(bench.state.status, "streaming");
  });

  it("a message that is sent without one goes out when it is back", async () => {
    const bench = new Bench();
    bench.server.on(ASK, refused, bench.server.stream);
    bench.environment.online = false;
    await bench.start();
    assert.equal(bench.state.reconnect?.phase, "offline");
    await bench.environment.setOnline(true);
    assert.equal(bench.state.status, "streaming");
  });

  it("failing for the fourth time without one waits as well", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, refused);
    bench.server.last.fail();
    await bench.environment.advance(3000);
    bench.environment.online = false;
    await bench.environment.advance(4000);
    assert.deepEqual([bench.state.status, bench.state.reconnect?.phase], ["reconnecting", "offline"]);
  });
});

describe("a silent connection", () => {
  it("that the server answers beside: the model is thinking, and nothing is said", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    await bench.environment.advance(60_000);
    assert.deepEqual([bench.state.status, bench.state.slow], ["streaming", false]);
    assert.equal(bench.server.streams.length, 1);
  });

  it("to a server that does not answer: slow within 2 s, given up after three heartbeats", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, silent).on(FOLLOW, silent);
    await bench.environment.advance(2000);
    assert.equal(bench.state.slow, true);
    await bench.environment.advance(12_000);
    assert.equal(bench.state.status, "streaming");
    await bench.environment.advance(1250);
    assert.deepEqual([bench.state.status, bench.state.slow], ["reconnecting", false]);
    assert.equal(bench.state.reconnect?.reason, "The connection to the server went silent.");
    assert.ok(bench.server.streams[0]?.aborted);
  });

  it("is well again as soon as a byte comes", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, silent);
    await bench.environment.advance(2000);
    bench.server.last.send(":");
    await settle();
    assert.equal(bench.state.slow, false);
  });

  it("whose server has sent more than has arrived is noticed after 1 s, and replaced", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, quiet(15)).on(FOLLOW, bench.server.stream);
    await bench.environment.advance(1000);
    assert.equal(bench.state.status, "reconnecting");
    await bench.environment.advance(1000);
    assert.equal(bench.server.seen(FOLLOW)[0]?.headers.get("last-event-id"), "11");
  });

  it("that is heard while the question is open is not slow, though the question goes unanswered", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, silent);
    await bench.environment.advance(900);
    bench.server.last.send(":");
    await bench.environment.advance(700);
    assert.equal(bench.server.seen(STATUS).length, 1);
    assert.equal(bench.state.slow, false);
  });

  it("whose last bytes are merely under way is left alone", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, quiet(12));
    await bench.environment.advance(900);
    bench.server.last.event(12, "token", " off");
    await bench.environment.advance(1000);
    assert.deepEqual([bench.state.status, bench.server.streams.length], ["streaming", 1]);
  });

  it("asks again at once after a question without an answer", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    // What a change of network leaves: a few connections that are dead, and new ones that work.
    bench.server.on(STATUS, silent, silent, silent, quiet(11));
    await bench.environment.advance(2000);
    assert.equal(bench.state.slow, true);
    await bench.environment.advance(2250);
    assert.equal(bench.state.slow, false);
  });

  it("is replaced at once when the user says so", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, silent).on(FOLLOW, bench.server.stream);
    await bench.environment.advance(2000);
    bench.client.retryNow();
    await settle();
    assert.deepEqual([bench.state.status, bench.state.slow], ["streaming", false]);
    assert.ok(bench.server.streams[0]?.aborted);
  });

  it("without even a head: slow within 2 s, tried again after 5", async () => {
    const bench = new Bench();
    bench.server.on(ASK, silent);
    await bench.start();
    await bench.environment.advance(2000);
    assert.deepEqual([bench.state.status, bench.state.slow], ["connecting", true]);
    await bench.environment.advance(3000);
    assert.equal(bench.state.status, "reconnecting");
  });
});

describe("Stop", () => {
  it("tells the server, keeps the text, shows the receipt, and aborts the connection", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, receipt(12));
    bench.client.stop();
    assert.equal(bench.state.status, "stopping");
    bench.server.last.event(12, "cancelled", { message_id: "m", reason: "user" });
    await settle();
    assert.deepEqual([bench.state.status, bench.state.text], ["stopped", "Switch buffering"]);
    assert.equal(bench.state.receipt?.stopped_in_ms, 4.5);
    assert.equal(bench.state.error, null);
    assert.ok(bench.server.last.aborted);
    bench.assertQuiet();
  });

  it("waits a moment for tokens that the server counted and that are still under way", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, receipt(13));
    bench.client.stop();
    await settle();
    assert.equal(bench.state.status, "stopping");
    bench.server.last.event(12, "token", " off");
    bench.server.last.event(13, "cancelled", { message_id: "m", reason: "user" });
    await settle();
    assert.deepEqual([bench.state.status, bench.state.text], ["stopped", "Switch buffering off"]);
    bench.assertQuiet();
  });

  it("does not wait for them longer than 300 ms", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, receipt(13));
    bench.client.stop();
    await bench.environment.advance(300);
    assert.equal(bench.state.status, "stopped");
    assert.ok(bench.server.last.aborted);
  });

  it("works before the first byte has come", async () => {
    const bench = new Bench();
    bench.server.on(ASK, silent).on(STOP, receipt(0));
    await bench.start();
    bench.client.stop();
    await bench.environment.advance(1500);
    assert.deepEqual(bench.statuses, ["connecting", "stopping", "stopped"]);
    assert.equal(bench.server.seen(ASK)[0]?.signal?.aborted, true);
    bench.assertQuiet();
  });

  it("before the first byte learns which conversation the message has begun", async () => {
    const bench = new Bench();
    bench.server.on(ASK, bench.server.stream).on(STOP, receipt(0));
    await bench.start();
    bench.client.stop();
    await bench.environment.advance(1000);
    assert.equal(bench.state.status, "stopping");
    const metadata = {
      session_id: "s",
      run_id: RUN,
      message_id: "m",
      parent_id: "p",
      model: "x",
      provider: "y",
    };
    bench.server.last.event(1, "metadata", metadata);
    bench.server.last.event(2, "cancelled", { message_id: "m", reason: "user" });
    await settle();
    assert.deepEqual([bench.state.status, bench.state.metadata?.session_id], ["stopped", "s"]);
    bench.assertQuiet();
  });

  it("pressed twice is sent once", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, receipt(11));
    bench.client.stop();
    bench.client.stop();
    await settle();
    bench.client.stop();
    await settle();
    assert.equal(bench.server.seen(STOP).length, 1);
  });

  it("that the server does not answer ends after 2 s all the same", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, silent);
    bench.client.stop();
    await bench.environment.advance(2000);
    assert.deepEqual([bench.state.status, bench.state.receipt, bench.state.error], ["stopped", null, null]);
    assert.equal(bench.client.stopUndelivered, true);
    bench.assertQuiet();
  });

  it("ends the countdown of a lost connection", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STOP, receipt(12));
    bench.server.last.fail();
    await settle();
    bench.client.stop();
    await settle();
    assert.equal(bench.state.status, "stopped");
    await bench.environment.advance(10_000);
    assert.equal(bench.server.seen(FOLLOW).length, 0);
    bench.assertQuiet();
  });

  it("that comes too late finds the answer done", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(
      STOP,
      json({ run_id: RUN, status: "done", last_event_id: 15, token_count: 4, stopped_in_ms: 0 }),
    );
    bench.client.stop();
    bench.server.last.send(bytesOf("cut-rest"));
    await settle();
    assert.deepEqual([bench.state.status, bench.state.receipt], ["done", null]);
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
