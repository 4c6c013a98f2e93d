import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeartbeatRate } from "../../src/stream/heartbeatRate";
import { settle } from "../support/fakeEnvironment";
import { ASK, Bench, FOLLOW, STATUS, quiet } from "../support/runBench";
import { silent } from "../support/scriptedServer";

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

  it("that is heard while the question is open is not slow, answered or not", async () => {
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
    // A few questions look for a connection that works; here there is none.
    await bench.environment.advance(750);
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

/** A stream in mid-answer, after heartbeats that came every `ms` milliseconds. */
async function withHeartbeats(bench: Bench, ms: number): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    await bench.environment.advance(ms);
    bench.server.last.send(": heartbeat\n\n");
    await settle();
  }
}

describe("heartbeats", () => {
  it("that stay away end the connection, although the server says that there is nothing to send", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    await withHeartbeats(bench, 1000);
    await bench.environment.advance(3750);
    assert.equal(bench.state.status, "streaming");
    await bench.environment.advance(500);
    assert.equal(bench.state.status, "reconnecting");
    await bench.environment.advance(1000);
    assert.equal(bench.server.seen(FOLLOW)[0]?.headers.get("last-event-id"), "11");
  });

  it("that a server sends seldom are waited for", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    await withHeartbeats(bench, 30_000);
    await bench.environment.advance(89_000);
    assert.equal(bench.state.status, "streaming");
  });

  it("are known to the next connection, and forgotten when it is silent from its start", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    await withHeartbeats(bench, 500);
    await bench.environment.advance(3500);
    assert.equal(bench.server.streams.length, 2);
    await bench.environment.advance(60_000);
    assert.equal(bench.server.streams.length, 2, "the server may have another rhythm now");
  });

  it("right after an event are no measure of the silence", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.last.send(": heartbeat\n\n");
    await bench.environment.advance(60_000);
    assert.deepEqual([bench.state.status, bench.server.streams.length], ["streaming", 1]);
  });
});

describe("the rhythm of the heartbeats", () => {
  it("is the longest of the last three silences, within reason", () => {
    const rate = new HeartbeatRate();
    assert.equal(rate.ms, null);
    for (const [silence, expected] of [
      [20, null],
      [4000, 4000],
      [5000, 5000],
      [3_600_000, 5000],
      [1000, 5000],
      [1100, 5000],
      [1200, 1200],
    ] as const) {
      rate.learn(silence);
      assert.equal(rate.ms, expected);
    }
    rate.forget();
    assert.equal(rate.ms, null);
  });

  it("however quick, leaves a stream two seconds", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    await withHeartbeats(bench, 120);
    await bench.environment.advance(1750);
    assert.equal(bench.state.status, "streaming");
    await bench.environment.advance(500);
    assert.equal(bench.state.status, "reconnecting");
  });
});

describe("a machine that sleeps", () => {
  it("asks at once when it wakes, and stays with a connection that the server confirms", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    await withHeartbeats(bench, 1000);
    bench.environment.sleep(3_600_000);
    const before = bench.server.seen(STATUS).length;
    await bench.environment.advance(300);
    assert.equal(bench.server.seen(STATUS).length, before + 1);
    assert.deepEqual([bench.state.status, bench.server.streams.length], ["streaming", 1]);
  });

  it("makes a new connection at once when the server has gone on, or does not answer", async () => {
    for (const [status, time] of [
      [quiet(15), 600],
      [silent, 1850],
    ] as const) {
      const bench = new Bench();
      await bench.startAndCut();
      bench.server.on(STATUS, status).on(FOLLOW, bench.server.stream);
      bench.environment.sleep(3_600_000);
      await bench.environment.advance(time);
      assert.equal(bench.server.seen(FOLLOW)[0]?.headers.get("last-event-id"), "11");
      assert.equal(bench.state.status, "streaming");
    }
  });

  it("asks as soon as the page is seen, before any timer", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(STATUS, quiet(15)).on(FOLLOW, bench.server.stream);
    bench.environment.sleep(60_000);
    await bench.environment.see();
    assert.equal(bench.server.seen(STATUS).length, 1);
  });

  it("does not wait any longer for a try whose time was in its sleep", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.server.on(FOLLOW, bench.server.stream);
    bench.server.last.fail();
    await settle();
    await bench.environment.see();
    assert.equal(bench.server.seen(FOLLOW).length, 0, "its time has not come");
    bench.environment.time += 60_000;
    await bench.environment.see();
    assert.equal(bench.server.seen(FOLLOW).length, 1);
    bench.client.close();
  });
});

describe("a page that nobody sees", () => {
  it("does not take the time before it was seen for a silence of the server", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.environment.visible = false;
    await bench.environment.advance(120_000);
    bench.server.on(STATUS, silent);
    await bench.environment.see();
    await bench.environment.advance(5000);
    assert.deepEqual([bench.state.status, bench.state.slow], ["streaming", true]);
  });

  it("is called back seldom by its browser, and takes that for no reason to ask", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.environment.visible = false;
    for (let minute = 0; minute < 5; minute += 1) {
      bench.environment.sleep(60_000);
      await bench.environment.advance(250);
    }
    assert.equal(bench.server.seen(STATUS).length, 0);
    assert.equal(bench.server.streams.length, 1);
  });

  it("asks nothing while a stream is silent, does not give it up, and asks when it is seen", async () => {
    const bench = new Bench();
    await bench.startAndCut();
    bench.environment.visible = false;
    await bench.environment.advance(120_000);
    assert.equal(bench.server.seen(STATUS).length, 0);
    assert.equal(bench.state.status, "streaming");
    await bench.environment.see();
    assert.equal(bench.server.seen(STATUS).length, 1);
    assert.equal(bench.state.status, "streaming");
  });
});
