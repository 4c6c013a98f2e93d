import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ASK, Bench, FOLLOW, RUN, STOP, bytesOf, receipt } from "../support/runBench";
import { json, silent } from "../support/scriptedServer";

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
