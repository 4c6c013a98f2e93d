import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createChatStore } from "../../src/store";
import { DocumentsStore } from "../../src/documents";
import type { SendForm } from "../../src/documents/documentsAPI";
import { FakeBrowser, FakeEnvironment, settle } from "../support/fakeEnvironment";
import { json, problem, refused, ScriptedServer } from "../support/scriptedServer";
import { ready } from "../support/page";
import { document, embedding, news, page } from "./samples";

const LIST = "GET /documents";

class Bench {
  readonly server = new ScriptedServer();
  readonly browser = new FakeBrowser();
  readonly environment = new FakeEnvironment(this.server.fetch, this.browser);
  receipt: unknown = {};
  readonly chat = createChatStore(this.environment);
  readonly sendForm: SendForm = async () => new Response(JSON.stringify(this.receipt), { status: 202 });
  readonly store = new DocumentsStore(this.chat, this.sendForm);

  constructor() {
    this.server
      .on("GET /ready", json(ready))
      .on(LIST, json(page([document("a"), document("b")])))
      .on("GET /documents/events", this.server.stream);
  }

  async watch(): Promise<() => void> {
    const end = this.store.watch();
    await settle();
    return end;
  }

  async hear(...frames: string[]): Promise<void> {
    this.server.last.send(frames.join(""));
    await this.environment.advance(16);
  }

  get state() {
    return this.store.getState();
  }

  get ids(): string {
    return this.state.items.map(({ id, status }) => `${id} ${status}`).join(", ");
  }

  get listed(): string[] {
    return this.server.seen(LIST).map(({ path }) => path);
  }
}

describe("the documents' store", () => {
  it("lists documents and follows what happens to them", async () => {
    const bench = new Bench();
    await bench.watch();
    assert.equal(bench.ids, "a ready, b ready");
    assert.deepEqual(bench.state.embedding, embedding);
    assert.deepEqual(bench.state.folders, ["notes"]);
    await bench.hear(
      news("queued", document("c", { status: "queued" })),
      news("reading", document("c", { status: "reading", progress: { done: 1, total: 9, unit: "pages" } })),
      news("deleted", { id: "a" }),
      news("index", { ...embedding, state: "working", embedded: 3 }),
    );
    assert.equal(bench.ids, "c reading, b ready");
    assert.equal(bench.state.total, 2);
    assert.equal(bench.state.embedding?.state, "working");
  });

  it("fetches page after page and never lists a document twice", async () => {
    const bench = new Bench();
    const hundred = Array.from({ length: 100 }, (_, index) => document(`${index}`));
    const first = json(page(hundred, "2", 101));
    bench.server.on(LIST, first, first, json(page([document("99"), document("last")], null, 101)));
    await bench.watch();
    assert.ok(bench.state.hasMore);
    void bench.store.loadMore();
    await bench.store.loadMore();
    await settle();
    assert.equal(bench.state.items.length, 101);
    assert.equal(bench.state.items.at(-1)?.id, "last");
    assert.equal(bench.state.hasMore, false);
    assert.match(bench.listed[2] ?? "", /cursor=2/);
    assert.equal(bench.listed.length, 3);
  });

  it("a filter asks anew, and an answer to the filter before is dropped", async () => {
    const bench = new Bench();
    await bench.watch();
    let answerSlowly: (response: Response) => void = () => {};
    bench.server.on(
      LIST,
      () => new Promise((resolve) => (answerSlowly = resolve)),
      json(page([document("z")])),
    );
    bench.store.setFilter({ query: "river", folder: "a b" });
    bench.store.setFilter({ query: "river bank" });
    await settle();
    answerSlowly(json(page([document("old")]))());
    await settle();
    assert.equal(bench.ids, "z ready");
    assert.match(bench.listed.at(-1) ?? "", /q=river\+bank&folder=a\+b/);
  });

  it("what happens between the list and the beginning of the stream is looked up", async () => {
    const bench = new Bench();
    let begin: () => void = () => {};
    bench.server.on(LIST, json(page([document("a", { status: "reading" })])), json(page([document("a")])));
    bench.server.on("GET /documents/events", (request) => {
      const response = bench.server.stream(request);
      return new Promise((resolve) => (begin = () => resolve(response)));
    });
    await bench.watch();
    assert.equal(bench.ids, "a reading");
    begin();
    await settle();
    assert.equal(bench.ids, "a ready");
  });

  it("a list that was on its way for long undoes no news", async () => {
    const bench = new Bench();
    await bench.watch();
    let answerSlowly: (response: Response) => void = () => {};
    bench.server.on(LIST, () => new Promise((resolve) => (answerSlowly = resolve)));
    const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
    bench.store.reload();
    await settle();
    await bench.hear(
      news("ready", document("a", { updated_at: at(5) })),
      news("deleted", { id: "b" }),
      news("ready", document("c", { updated_at: at(6) })),
      news("reading", document("d", { status: "reading", updated_at: at(6) })),
    );
    const a = document("a", { status: "reading", updated_at: at(4) });
    answerSlowly(json(page([a, document("b"), document("d", { updated_at: at(7) })], null, 3))());
    await settle();
    assert.equal(bench.ids, "c ready, a ready, d ready");
    assert.equal(bench.state.total, 3);
  });

  it("a list that was on its way for long undoes no news, also when more was asked for meanwhile", async () => {
    const bench = new Bench();
    const hundred = Array.from({ length: 100 }, (_, index) => document(`${index}`));
    const first = json(page(hundred, "2", 101));
    let answerSlowly: (response: Response) => void = () => {};
    bench.server.on(
      LIST,
      first,
      first,
      () => new Promise((resolve) => (answerSlowly = resolve)),
      json(page([document("last")], null, 101)),
    );
    await bench.watch();
    bench.server.last.fail();
    await bench.environment.advance(1000);
    const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
    await bench.hear(news("ready", document("0", { updated_at: at(6) })));
    await bench.store.loadMore();
    const stale = document("0", { status: "reading", updated_at: at(5) });
    answerSlowly(json(page([stale, ...hundred.slice(1)], "2", 101))());
    await settle();
    assert.equal(bench.state.items[0]?.status, "ready");
  });

  it("after a lost connection it looks up what it has missed", async () => {
    const bench = new Bench();
    await bench.watch();
    bench.server.on(LIST, json(page([document("b"), document("new")])));
    bench.server.last.fail();
    await settle();
    assert.equal(bench.state.connection.phase, "lost");
    await bench.environment.advance(1000);
    assert.equal(bench.state.connection.phase, "live");
    assert.equal(bench.ids, "b ready, new ready");
  });

  it("a list that could not be loaded says so and comes with the connection", async () => {
    const bench = new Bench();
    bench.server.on(LIST, refused, json(page([document("a")])));
    bench.server.on("GET /documents/events", refused, bench.server.stream);
    await bench.watch();
    assert.equal(bench.state.status, "failed");
    assert.match(bench.state.error ?? "", /cannot be reached/);
    await bench.environment.advance(1000);
    assert.equal(bench.ids, "a ready");
  });

  it("the answer to an upload does not undo newer news", async () => {
    const bench = new Bench();
    await bench.watch();
    const at = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
    await bench.hear(news("ready", document("c", { updated_at: at(7) })));
    bench.receipt = {
      documents: [
        document("c", { status: "queued", updated_at: at(6) }),
        document("d", { status: "queued", updated_at: at(6) }),
      ],
    };
    bench.store.add({
      files: [{ name: "c.md", file: new File(["x"], "c.md") }],
      hidden: 1,
      unreadable: [],
      isCut: false,
    });
    await settle();
    assert.equal(bench.ids, "d queued, c ready, a ready, b ready");
    assert.equal(bench.state.notice, "1 hidden file was left out.");
  });

  it("a deleted document is marked in the conversations of every tab", async () => {
    const bench = new Bench();
    const other = createChatStore(new FakeEnvironment(bench.server.fetch, bench.browser));
    await bench.watch();
    bench.server.on("DELETE /documents/a", () => new Response(null, { status: 204 }));
    assert.equal(await bench.store.remove("a"), null);
    await settle();
    assert.equal(bench.ids, "b ready");
    for (const chat of [bench.chat, other]) assert.ok(chat.getState().removedDocuments.has("a"));
  });

  it("one that was gone already counts as deleted; another failure is told", async () => {
    const bench = new Bench();
    await bench.watch();
    bench.server.on("DELETE /documents/a", problem(404, "NOT_FOUND"));
    bench.server.on("DELETE /documents/b", problem(500, "INTERNAL"));
    assert.equal(await bench.store.remove("a"), null);
    assert.equal(await bench.store.remove("b"), "INTERNAL happened.");
    assert.equal(bench.ids, "b ready");
    assert.equal(bench.state.notice, "INTERNAL happened.");
  });

  it("cancel and retry show what the server says", async () => {
    const bench = new Bench();
    await bench.watch();
    bench.server.on("POST /documents/a/cancel", json(document("a", { status: "cancelled" })));
    bench.server.on("POST /documents/a/retry", json(document("a", { status: "queued" })));
    await bench.store.act("a", "cancel");
    assert.equal(bench.ids, "a cancelled, b ready");
    await bench.store.act("a", "retry");
    assert.equal(bench.ids, "a queued, b ready");
  });

  it("an address becomes a document, or a sentence", async () => {
    const bench = new Bench();
    await bench.watch();
    const failure = { source: "u", error: { code: "ADDRESS_REFUSED", message: "This address is private." } };
    bench.server.on(
      "POST /documents",
      json({ documents: [document("web", { status: "queued" })] }, 202),
      json({ failures: [failure] }, 202),
      problem(422, "INVALID"),
    );
    assert.equal(await bench.store.addAddress("https://example.org"), null);
    assert.equal(bench.ids, "web queued, a ready, b ready");
    assert.equal(await bench.store.addAddress("http://10.0.0.1"), "This address is private.");
    assert.equal(await bench.store.addAddress("x"), "INVALID happened.");
  });

  it("nobody looks: nothing is held open", async () => {
    const bench = new Bench();
    const first = await bench.watch();
    const second = await bench.watch();
    first();
    first();
    assert.equal(bench.state.connection.phase, "live");
    second();
    assert.equal(bench.state.connection.phase, "off");
    assert.ok(bench.server.last.aborted);
  });
});
