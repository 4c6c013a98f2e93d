import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createChatStore, MESSAGE_LIMIT, type ChatStore } from "../../src/store";
import { FakeEnvironment, settle } from "../support/fakeEnvironment";
import { loadFixtures } from "../support/fixtures";
import type { ExpectedRun } from "../support/replay";
import { json, problem, refused, ScriptedServer, silent } from "../support/scriptedServer";

const recorded = loadFixtures<ExpectedRun>("streams", "sse");
const ids = recorded.find(({ name }) => name === "question")?.expected;
assert.ok(ids);
const { session_id: SESSION, parent_id: QUESTION, message_id: ANSWER } = ids;
const ASK = "POST /chat/stream";
const DETAIL = `GET /sessions/${SESSION}`;
const MESSAGES = `GET /sessions/${SESSION}/messages`;
const time = "2026-01-02T03:00:00.000Z";

function bytesOf(name: string): Uint8Array {
  const fixture = recorded.find((other) => other.name === name);
  assert.ok(fixture);
  return fixture.bytes;
}

const session = (id = SESSION, title = "A title") => ({ id, title, created_at: time, updated_at: time });
const user = (content = "Question", id = QUESTION) => ({
  ...{ id, session_id: SESSION, parent_id: null, role: "user", content, status: "done", created_at: time },
});
const answer = (status = "done", more: Record<string, unknown> = {}) => ({
  ...{
    id: ANSWER,
    session_id: SESSION,
    parent_id: QUESTION,
    role: "assistant",
    content: "Stored.",
    status,
    created_at: time,
  },
  ...{
    run_id: ids.run_id,
    provider: "extractive",
    model: "extractive",
    sources: [],
    usage: null,
    timings: null,
  },
  ...{ finish_reason: null, error: null, ...more },
});
const activeRun = { run_id: ids.run_id, message_id: ANSWER, parent_id: QUESTION };
const ready = {
  ...{ status: "ready", provider: "extractive", model: "extractive", documents: 12 },
  checks: { store: { ok: true, message: "" }, model: { ok: true, message: "" } },
};

class Page {
  readonly server = new ScriptedServer();
  readonly environment = new FakeEnvironment(this.server.fetch);
  store!: ChatStore;

  constructor() {
    this.server
      .on("GET /ready", json(ready))
      .on("GET /sessions", json({ sessions: [session()], next_cursor: null }))
      .on(DETAIL, json({ ...session(), active_run: null }))
      .on(MESSAGES, json({ messages: [] }))
      .on(ASK, this.server.stream);
  }

  async open(path = "/"): Promise<this> {
    this.environment.location.replace(path);
    this.environment.visited.length = 0;
    this.store = createChatStore(this.environment);
    this.store.start();
    await settle();
    return this;
  }

  get state() {
    return this.store.getState();
  }

  get current() {
    return this.state.current;
  }

  get contents(): string[] {
    return this.current.messages.map(({ role, content, status }) => `${role} ${status}: ${content}`);
  }

  /** Sends a message and lets the server answer with a recorded stream. */
  async ask(stream: string, text = "Question"): Promise<void> {
    assert.ok(this.store.send(text));
    await settle();
    this.server.last.send(bytesOf(stream));
    await this.frame();
  }

  /** The body of a request that was sent. */
  asked(index: number): Record<string, unknown> {
    const request = this.server.seen(ASK)[index];
    assert.ok(request, `only ${index} requests were sent`);
    return request.body as Record<string, unknown>;
  }

  /** One drawing of the page. */
  frame(): Promise<void> {
    return this.environment.advance(16);
  }
}

describe("a new conversation", () => {
  it("gets its address, its place in the list and its messages from the first answer", async () => {
    const page = await new Page().open();
    page.server.on(
      "GET /sessions",
      json({ sessions: [session(SESSION, "Switching buffering off")], next_cursor: null }),
    );
    await page.ask("question");
    assert.equal(page.environment.location.path(), `/c/${SESSION}`);
    assert.deepEqual(page.environment.visited, [`replace /c/${SESSION}`]);
    assert.equal(page.current.id, SESSION);
    assert.deepEqual(
      page.current.messages.map(({ id }) => id),
      [QUESTION, ANSWER],
    );
    assert.equal(page.current.title, "Switching buffering off");
    assert.equal(page.state.conversations.items.length, 1);
  });

  it("adds the finished answer exactly once, in the update that ends the run", async () => {
    const page = await new Page().open();
    const inconsistent: string[] = [];
    page.store.subscribe(() => {
      const { run, messages } = page.current;
      const answers = messages.filter(({ role }) => role === "assistant").length;
      if (answers !== (run.status === "done" ? 1 : 0)) inconsistent.push(`${run.status} with ${answers}`);
    });
    await page.ask("question");
    assert.deepEqual(inconsistent, []);
    const finished = page.current.messages[1];
    assert.equal(finished?.content, ids.text);
    assert.equal(finished?.sources?.length, 2);
    assert.equal(finished?.usage?.completion_tokens, 15);
    assert.equal(finished?.timings?.first_token_ms, 28);
    assert.deepEqual([finished?.status, finished?.error], ["done", null]);
  });

  it("tells its readers once per frame, not once per token", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    let updates = 0;
    page.store.subscribe(() => (updates += 1));
    for (let id = 12; id < 1012; id += 1) page.server.last.event(id, "token", " x");
    await settle();
    assert.equal(updates, 0);
    await page.frame();
    assert.equal(updates, 1);
    assert.ok(page.current.run.text.endsWith(" x".repeat(1000)));
  });

  it("takes no empty, no too long and no second message", async () => {
    const page = await new Page().open();
    assert.equal(page.store.send("   "), false);
    assert.equal(page.store.send("x".repeat(MESSAGE_LIMIT + 1)), false);
    assert.equal(page.store.send("one"), true);
    assert.equal(page.store.send("two"), false);
    await settle();
    assert.equal(page.server.seen(ASK).length, 1);
  });

  it("after done, Stop and an error the input works again", async () => {
    for (const stream of ["question", "stopped", "error-timeout"]) {
      const page = await new Page().open();
      await page.ask(stream);
      assert.equal(page.store.send("Next"), true, stream);
      await settle();
      assert.equal(page.asked(1)["session_id"], SESSION);
    }
  });
});

describe("a conversation that is opened by its address", () => {
  it("shows its messages", async () => {
    const page = new Page();
    page.server.on(MESSAGES, json({ messages: [user(), answer()] }));
    await page.open(`/c/${SESSION}`);
    assert.equal(page.current.status, "ready");
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Stored."]);
    assert.equal(page.current.title, "A title");
  });

  it("follows its active run from the beginning", async () => {
    const page = new Page();
    page.server
      .on(DETAIL, json({ ...session(), active_run: activeRun }))
      .on(MESSAGES, json({ messages: [user(), answer("running", { content: "" })] }))
      .on(`GET /chat/runs/${ids.run_id}/stream`, page.server.stream);
    await page.open(`/c/${SESSION}`);
    assert.deepEqual(page.contents, ["user done: Question"]);
    assert.deepEqual([...page.state.activeSessionIds], [SESSION]);
    assert.equal(
      page.server.seen(`GET /chat/runs/${ids.run_id}/stream`)[0]?.headers.get("last-event-id"),
      null,
    );
    page.server.last.send(bytesOf("snapshot"));
    await page.frame();
    assert.deepEqual(
      page.current.messages.map(({ id, status }) => [id, status]),
      [
        [QUESTION, "done"],
        [ANSWER, "done"],
      ],
    );
    assert.equal(page.state.activeSessionIds.size, 0);
  });

  it("whose run ended while the page was loading shows the stored answer", async () => {
    const page = new Page();
    page.server
      .on(DETAIL, json({ ...session(), active_run: activeRun }))
      .on(MESSAGES, json({ messages: [user(), answer()] }));
    await page.open(`/c/${SESSION}`);
    assert.equal(page.current.run.status, "idle");
    assert.equal(page.contents.length, 2);
  });

  it("whose run is gone when it is asked for shows what the server has", async () => {
    const page = new Page();
    page.server
      .on(DETAIL, json({ ...session(), active_run: activeRun }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer("running", { content: "" })] }),
        json({ messages: [user(), answer("interrupted")] }),
      )
      .on(`GET /chat/runs/${ids.run_id}/stream`, problem(404, "NOT_FOUND"));
    await page.open(`/c/${SESSION}`);
    assert.deepEqual(page.contents, ["user done: Question", "assistant interrupted: Stored."]);
    assert.equal(page.store.canRetry(page.current), true);
  });

  it("that does not exist says so", async () => {
    const page = new Page();
    page.server.on(DETAIL, problem(404, "NOT_FOUND"));
    await page.open(`/c/${SESSION}`);
    assert.deepEqual([page.current.status, page.current.notFound], ["failed", true]);
  });

  it("that cannot be loaded can be loaded again", async () => {
    const page = new Page();
    page.server
      .on(DETAIL, refused, json({ ...session(), active_run: null }))
      .on(MESSAGES, json({ messages: [user(), answer()] }));
    await page.open(`/c/${SESSION}`);
    assert.deepEqual([page.current.status, page.current.notFound], ["failed", false]);
    page.store.reload();
    await settle();
    assert.equal(page.contents.length, 2);
  });

  it("shows of an answer that was asked again only the later one", async () => {
    const page = new Page();
    const failed = { ...answer("error"), id: "failed" };
    page.server.on(MESSAGES, json({ messages: [user(), failed, answer()] }));
    await page.open(`/c/${SESSION}`);
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Stored."]);
  });
});

describe("going from one conversation to another", () => {
  it("keeps the run of the first going, and shows it again where it is", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const stream = page.server.last;
    page.store.newConversation();
    assert.equal(page.current.id, null);
    assert.deepEqual([...page.state.activeSessionIds], [SESSION]);
    stream.event(12, "token", " off");
    await page.frame();
    page.store.open(SESSION);
    await settle();
    assert.equal(page.current.run.text, "Switch buffering off");
    assert.equal(page.server.streams.length, 1, "the same connection");
  });

  it("an answer that ends in the background is in the messages when it is opened", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    page.store.newConversation();
    page.server.last.send(bytesOf("cut-rest"));
    await page.frame();
    assert.equal(page.state.activeSessionIds.size, 0);
    page.server.on(MESSAGES, json({ messages: [user(), answer()] }));
    page.store.open(SESSION);
    await settle();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Stored."]);
  });

  it("follows the back button", async () => {
    const page = await new Page().open();
    page.store.open(SESSION);
    assert.equal(page.environment.location.path(), `/c/${SESSION}`);
    await page.environment.visit("/");
    assert.equal(page.current.id, null);
    await page.environment.visit(`/c/${SESSION}`);
    assert.equal(page.current.id, SESSION);
  });

  it("a conversation that is named in the background changes no address", async () => {
    const page = await new Page().open();
    page.store.send("Question");
    await settle();
    page.store.newConversation();
    page.server.last.send(bytesOf("cut"));
    await page.frame();
    assert.equal(page.environment.location.path(), "/");
    assert.deepEqual([...page.state.activeSessionIds], [SESSION]);
  });
});

describe("Stop", () => {
  it("leaves the answer so far with its receipt", async () => {
    const page = await new Page().open();
    page.server.on("POST /chat/runs/00000000-0000-4000-8000-000000000002/stop", (request) =>
      json({
        run_id: request.path.split("/")[3],
        status: "cancelled",
        last_event_id: 12,
        token_count: 2,
        stopped_in_ms: 4,
      })(),
    );
    await page.ask("cut");
    page.store.stop();
    page.server.last.event(12, "cancelled", { message_id: ANSWER, reason: "user" });
    await settle();
    const stopped = page.current.messages[1];
    assert.deepEqual(
      [stopped?.content, stopped?.status, stopped?.error],
      ["Switch buffering", "cancelled", null],
    );
    assert.equal(stopped?.receipt?.stopped_in_ms, 4);
    assert.equal(page.store.canRetry(page.current), false);
  });

  it("takes from the server what had not arrived, and keeps the receipt", async () => {
    const page = await new Page().open();
    page.server
      .on("POST /chat/runs/00000000-0000-4000-8000-000000000002/stop", () =>
        json({ run_id: "r", status: "cancelled", last_event_id: 14, token_count: 3, stopped_in_ms: 4 })(),
      )
      .on(MESSAGES, json({ messages: [user(), answer("cancelled", { content: "Switch buffering off" })] }));
    await page.ask("cut");
    page.store.stop();
    await page.environment.advance(300);
    assert.deepEqual(page.contents, ["user done: Question", "assistant cancelled: Switch buffering off"]);
    assert.equal(page.current.messages[1]?.receipt?.stopped_in_ms, 4);
  });

  it("that could not be delivered is delivered before the next message", async () => {
    const page = await new Page().open();
    const stop = "POST /chat/runs/00000000-0000-4000-8000-000000000002/stop";
    page.server.on(
      stop,
      silent,
      json({ run_id: "r", status: "cancelled", last_event_id: 12, token_count: 2, stopped_in_ms: 4 }),
    );
    await page.ask("cut");
    const first = page.server.seen(ASK)[0]?.body as { run_id: string };
    page.store.stop();
    await page.environment.advance(2000);
    page.server.on(ASK, problem(409, "RUN_ACTIVE", { run_id: first.run_id }), page.server.stream);
    assert.ok(page.store.send("Next"));
    await settle();
    assert.equal(page.server.seen(stop).length, 2);
    assert.equal(page.current.run.status, "streaming");
    assert.equal(page.current.notice, null);
  });
});

describe("Retry", () => {
  it("asks the same message again in a new run, as an answer to the same question", async () => {
    const page = await new Page().open();
    await page.ask("error-timeout");
    assert.deepEqual(page.contents, ["user done: Question", "assistant error: Switch"]);
    assert.equal(page.store.canRetry(page.current), true);
    page.store.retry();
    await settle();
    const [first, second] = page.server.seen(ASK).map(({ body }) => body as Record<string, string>);
    assert.deepEqual(second, {
      message: "Question",
      session_id: SESSION,
      parent_id: QUESTION,
      run_id: second?.["run_id"],
    });
    assert.notEqual(second?.["run_id"], first?.["run_id"]);
    page.server.last.send(bytesOf("question"));
    await page.frame();
    assert.equal(page.contents.length, 2, "the failed answer gives way, the question is there once");
    assert.equal(page.current.messages[1]?.status, "done");
  });

  it("is not offered where it cannot help", async () => {
    const page = await new Page().open();
    await page.ask("error-rejected");
    assert.equal(page.store.canRetry(page.current), false);
    page.store.retry();
    await settle();
    assert.equal(page.server.seen(ASK).length, 1);
  });

  it("after a lost connection resumes the run where it still lives", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const follow = "GET /chat/runs/00000000-0000-4000-8000-000000000002/stream";
    page.server.on(follow, refused);
    page.server.last.fail();
    await page.environment.advance(7000);
    assert.deepEqual(page.contents, ["user done: Question", "assistant error: Switch buffering"]);
    page.server.on(follow, page.server.stream);
    page.store.retry();
    await settle();
    page.server.last.send(bytesOf("cut-rest"));
    await page.frame();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Switch buffering off [1]."]);
    assert.equal(page.server.seen(ASK).length, 1, "nothing is asked, or billed, twice");
  });

  for (const [what, stream] of [
    ["the server lost it", null],
    ["it was ended meanwhile", "disconnected"],
    ["the server was restarted meanwhile", "interrupted"],
  ] as const) {
    it(`after a lost connection asks again when the run is gone because ${what}`, async () => {
      const page = await new Page().open();
      await page.ask("cut");
      const follow = "GET /chat/runs/00000000-0000-4000-8000-000000000002/stream";
      page.server.on(follow, refused);
      page.server.last.fail();
      await page.environment.advance(7000);
      page.server.on(follow, stream === null ? problem(404, "NOT_FOUND") : page.server.stream);
      page.store.retry();
      await settle();
      if (stream !== null) {
        // The ids of such a replay go on from the reader's own position.
        page.server.last.event(12, ...terminalOf(stream));
        await settle();
      }
      assert.equal(page.asked(1)["parent_id"], QUESTION);
      assert.deepEqual(page.contents, ["user done: Question"]);
      page.server.last.send(bytesOf("question"));
      await page.frame();
      assert.equal(page.current.messages[1]?.status, "done");
    });
  }

  it("of a message that never reached the server sends it like a new one", async () => {
    const page = await new Page().open();
    page.server.on(ASK, problem(500, "INTERNAL", { retryable: true }), page.server.stream);
    page.store.send("Question");
    await settle();
    assert.equal(page.current.messages[1]?.error?.code, "INTERNAL");
    page.store.retry();
    await settle();
    const again = page.server.seen(ASK)[1]?.body as Record<string, string>;
    assert.deepEqual(Object.keys(again).sort(), ["message", "run_id"]);
    page.server.last.send(bytesOf("question"));
    await page.frame();
    assert.deepEqual(
      page.current.messages.map(({ id }) => id),
      [QUESTION, ANSWER],
    );
  });
});

function terminalOf(stream: string): [string, unknown] {
  const text = new TextDecoder().decode(bytesOf(stream));
  const data = text.trim().split("\ndata: ").pop() ?? "";
  const { type, content } = JSON.parse(data) as { type: string; content: unknown };
  return [type, content];
}

describe("a conversation that another tab is using", () => {
  it("shows the other answer, gives the text back, and says so", async () => {
    const page = new Page();
    page.server.on(MESSAGES, json({ messages: [user("Before"), answer()] }));
    await page.open(`/c/${SESSION}`);
    page.server
      .on(ASK, problem(409, "RUN_ACTIVE", { run_id: ids.run_id }))
      .on(DETAIL, json({ ...session(), active_run: { ...activeRun, message_id: "other" } }))
      .on(
        MESSAGES,
        json({
          messages: [
            user("Before"),
            answer(),
            user("Other", "q2"),
            { ...answer("running"), id: "other", parent_id: "q2" },
          ],
        }),
      )
      .on(`GET /chat/runs/${ids.run_id}/stream`, page.server.stream);
    page.store.send("Mine");
    await settle();
    assert.deepEqual(page.contents, ["user done: Before", "assistant done: Stored.", "user done: Other"]);
    assert.equal(page.current.run.status, "streaming");
    assert.match(page.current.notice ?? "", /not sent/);
    assert.equal(page.store.takeDraft(), "Mine");
    assert.equal(page.store.takeDraft(), null);
  });
});

describe("the list", () => {
  it("is read page by page", async () => {
    const page = new Page();
    page.server.on(
      "GET /sessions",
      json({ sessions: [session("a")], next_cursor: "next" }),
      json({ sessions: [session("a"), session("b")], next_cursor: null }),
    );
    await page.open();
    assert.equal(page.state.conversations.hasMore, true);
    page.store.loadMoreConversations();
    page.store.loadMoreConversations();
    await settle();
    assert.deepEqual(
      page.state.conversations.items.map(({ id }) => id),
      ["a", "b"],
    );
    assert.deepEqual(
      page.server.seen("GET /sessions").map(({ path }) => path),
      ["/sessions?limit=50", "/sessions?limit=50&cursor=next"],
    );
  });

  it("renames at once, and takes it back when the server refuses", async () => {
    const page = await new Page().open(`/c/${SESSION}`);
    page.server.on(`PATCH /sessions/${SESSION}`, problem(422, "INVALID_REQUEST"));
    const outcome = page.store.rename(SESSION, "New");
    assert.equal(page.state.conversations.items[0]?.title, "New");
    assert.equal(page.current.title, "New");
    assert.equal(await outcome, "INVALID_REQUEST happened.");
    assert.equal(page.state.conversations.items[0]?.title, "A title");
    assert.equal(page.current.title, "A title");
    page.server.on(`PATCH /sessions/${SESSION}`, json(session(SESSION, "New")));
    assert.equal(await page.store.rename(SESSION, "New"), null);
    assert.equal(page.current.title, "New");
  });

  it("deletes the open conversation and shows a new one, also while it is answered", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    page.server.on(`DELETE /sessions/${SESSION}`, () => new Response(null, { status: 204 }));
    assert.equal(await page.store.remove(SESSION), null);
    assert.deepEqual([page.environment.location.path(), page.current.id], ["/", null]);
    assert.deepEqual(page.state.conversations.items, []);
    assert.equal(page.state.activeSessionIds.size, 0);
    assert.ok(page.server.last.aborted);
  });

  it("keeps a conversation that could not be deleted, and says why", async () => {
    const page = await new Page().open();
    page.server.on(`DELETE /sessions/${SESSION}`, refused);
    assert.match((await page.store.remove(SESSION)) ?? "", /cannot be reached/);
    assert.equal(page.state.conversations.items.length, 1);
  });
});

describe("the server", () => {
  it("says its provider, its model and how many documents it has", async () => {
    const page = await new Page().open();
    const { status, provider, documents } = page.state.server;
    assert.deepEqual([status, provider, documents], ["ready", "extractive", 12]);
  });

  it("that is not ready says why, and is asked again", async () => {
    const page = new Page();
    const checks = {
      store: { ok: true, message: "" },
      model: { ok: false, message: "The model is loading." },
    };
    page.server.on("GET /ready", json({ ...ready, status: "unavailable", checks }, 503), json(ready));
    await page.open();
    assert.deepEqual(
      [page.state.server.status, page.state.server.message],
      ["unavailable", "The model is loading."],
    );
    await page.environment.advance(5000);
    assert.equal(page.state.server.status, "ready");
  });

  it("that was away is asked again for what could not be loaded", async () => {
    const page = new Page();
    page.server
      .on("GET /ready", refused, json(ready))
      .on("GET /sessions", refused, json({ sessions: [session()], next_cursor: null }))
      .on(DETAIL, refused, json({ ...session(), active_run: null }));
    await page.open(`/c/${SESSION}`);
    assert.deepEqual(
      [page.state.server.status, page.state.conversations.status, page.current.status],
      ["unreachable", "failed", "failed"],
    );
    await page.environment.advance(5000);
    assert.deepEqual(
      [page.state.server.status, page.state.conversations.status, page.current.status],
      ["ready", "ready", "ready"],
    );
  });

  it("that wants an access token gets the one that is kept, and the page asks when it is wrong", async () => {
    const page = new Page();
    page.environment.stored.set("rill.token", "old");
    page.server.on("GET /ready", problem(401, "UNAUTHORIZED"), json(ready));
    page.server.on(
      "GET /sessions",
      problem(401, "UNAUTHORIZED"),
      json({ sessions: [session()], next_cursor: null }),
    );
    await page.open();
    assert.deepEqual([page.state.needsToken, page.state.tokenRejected], [true, true]);
    page.store.setToken("new");
    await settle();
    assert.equal(page.state.needsToken, false);
    assert.equal(page.environment.stored.get("rill.token"), "new");
    assert.equal(page.server.seen("GET /sessions")[1]?.headers.get("authorization"), "Bearer new");
    assert.equal(page.state.conversations.items.length, 1);
  });

  it("going offline is known at once", async () => {
    const page = await new Page().open();
    await page.environment.setOnline(false);
    assert.equal(page.state.online, false);
    await page.environment.setOnline(true);
    assert.equal(page.state.online, true);
  });
});

describe("what the page leaves behind", () => {
  it("nothing", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    page.store.dispose();
    await settle();
    assert.ok(page.server.last.aborted);
    assert.equal(page.environment.pendingTimers, 0);
  });
});
