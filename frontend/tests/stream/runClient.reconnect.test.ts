import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ASK, Bench, FOLLOW, bytesOf } from "../support/runBench";
import { problem, refused, silent } from "../support/scriptedServer";

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

  it("before the run was confirmed: the same request is sent again, with the same run id", async () => {
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
