import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DELAYS, NewsFollower, SILENCE } from "../../src/documents/newsFollower";
import type { DocumentNews } from "../../src/types/documents";
import { FakeBrowser, FakeEnvironment, settle } from "../support/fakeEnvironment";
import { refused, ScriptedServer } from "../support/scriptedServer";
import { document, news } from "./samples";

const EVENTS = "GET /documents/events";

class Bench {
  readonly server = new ScriptedServer().on(EVENTS, (request) => this.server.stream(request));
  readonly environment = new FakeEnvironment(this.server.fetch, new FakeBrowser());
  readonly heard: DocumentNews[] = [];
  connections = 0;
  readonly follower = new NewsFollower(
    this.environment,
    { events: (signal) => this.server.fetch("/documents/events", { signal }) },
    {
      changed() {},
      news: (some) => this.heard.push(...some),
      connected: () => (this.connections += 1),
    },
  );

  async start(): Promise<this> {
    this.follower.start();
    await settle();
    return this;
  }
}

describe("the news of the documents", () => {
  it("come together, once a frame, in order", async () => {
    const bench = await new Bench().start();
    assert.equal(bench.follower.connection.phase, "live");
    bench.server.last.send(news("queued", document("a")) + news("deleted", { id: "b" }));
    await settle();
    assert.deepEqual(bench.heard, []);
    await bench.environment.advance(16);
    assert.deepEqual(
      bench.heard.map(({ kind }) => kind),
      ["document", "deleted"],
    );
  });

  it("unknown and unreadable ones are passed over", async () => {
    const bench = await new Bench().start();
    bench.server.last.send('data: {"type":"later","content":1}\n\ndata: nonsense\n\n: heartbeat\n\n');
    bench.server.last.send(news("ready", document("a")));
    await bench.environment.advance(16);
    assert.equal(bench.heard.length, 1);
  });

  it("a lost connection is made again, later each time; then what was missed is looked up", async () => {
    const bench = await new Bench().start();
    assert.equal(bench.connections, 1);
    bench.server.on(EVENTS, refused, refused, bench.server.stream);
    bench.server.last.fail();
    await settle();
    assert.deepEqual(bench.follower.connection, {
      phase: "lost",
      retryAt: bench.environment.now() + (DELAYS[0] ?? 0),
      attempt: 1,
    });
    await bench.environment.advance(DELAYS[0] ?? 0);
    assert.equal(bench.follower.connection.phase, "lost");
    await bench.environment.advance(DELAYS[1] ?? 0);
    await bench.environment.advance(DELAYS[2] ?? 0);
    assert.deepEqual([bench.follower.connection.phase, bench.connections], ["live", 2]);
  });

  it("silence longer than the heart's beat is a loss", async () => {
    const bench = await new Bench().start();
    await bench.environment.advance(SILENCE - 1000);
    bench.server.last.send(": heartbeat\n\n");
    await bench.environment.advance(SILENCE - 1000);
    assert.equal(bench.follower.connection.phase, "live");
    await bench.environment.advance(1500);
    assert.notEqual(bench.follower.connection.phase, "live");
    assert.ok(bench.server.streams[0]?.aborted);
  });

  it("the network's return and a look at the page try at once", async () => {
    for (const comeBack of ["setOnline", "see"] as const) {
      const bench = await new Bench().start();
      bench.server.last.fail();
      await settle();
      await (comeBack === "see" ? bench.environment.see() : bench.environment.setOnline(true));
      assert.equal(bench.server.streams.length, 2, comeBack);
      assert.equal(bench.follower.connection.phase, "live");
    }
  });

  it("stopping leaves nothing behind", async () => {
    const bench = await new Bench().start();
    bench.server.last.send(news("ready", document("a")));
    await settle();
    bench.follower.stop();
    await settle();
    assert.ok(bench.server.last.aborted);
    assert.deepEqual([bench.environment.pendingTimers, bench.environment.pendingListeners], [0, 0]);
    assert.equal(bench.follower.connection.phase, "off");
    assert.deepEqual(bench.heard, []);
  });
});
