import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ANSWER, DETAIL, MESSAGES, Page, QUESTION, SESSION } from "../support/page";
import { activeRun, answer, bytesOf, ids, session, user } from "../support/page";
import { json, problem, silent } from "../support/scriptedServer";

const FOLLOW = `GET /chat/runs/${ids.run_id}/stream`;
const q2 = { ...user("Other", "q2"), parent_id: ANSWER };
const writing = { ...answer("running", { content: "" }), id: "a2", parent_id: "q2" };
const later = "2026-01-02T04:00:00.000Z";

/** A conversation with one answer, open in this tab. */
async function opened(): Promise<Page> {
  const page = new Page();
  page.server.on(MESSAGES, json({ messages: [user(), answer()] })).on(FOLLOW, page.server.stream);
  return page.open(`/c/${SESSION}`);
}

/** From now on another tab or device is asking here. */
function someoneAsks(page: Page): void {
  const active_run = { ...activeRun, message_id: "a2", parent_id: "q2" };
  page.server
    .on(DETAIL, json({ ...session(), updated_at: later, active_run }))
    .on(MESSAGES, json({ messages: [user(), answer(), q2, writing] }));
}

describe("a tab tells the others", () => {
  it("that a run has begun, once the server has it, and that it has ended", async () => {
    const page = await new Page().open();
    page.store.send("Question");
    await settle();
    assert.deepEqual(page.browser.posted, []);
    page.server.last.send(bytesOf("cut"));
    await page.frame();
    assert.deepEqual(page.browser.posted, [{ kind: "run", id: SESSION }]);
    page.server.last.send(bytesOf("cut-rest"));
    await page.frame();
    assert.deepEqual(page.browser.posted.slice(1), [{ kind: "run", id: SESSION }]);
  });

  it("what was renamed and deleted, when the server has done it", async () => {
    const page = await opened();
    page.server
      .on(`PATCH /sessions/${SESSION}`, problem(422, "INVALID_REQUEST"), json(session(SESSION, "New")))
      .on(`DELETE /sessions/${SESSION}`, () => new Response(null, { status: 204 }));
    await page.store.rename(SESSION, "Refused");
    await page.store.rename(SESSION, "New");
    await page.store.remove(SESSION);
    assert.deepEqual(page.browser.posted, [
      { kind: "renamed", id: SESSION, title: "New" },
      { kind: "deleted", id: SESSION },
    ]);
  });
});

describe("a tab hears from another one", () => {
  it("that a run has begun in the conversation it shows: it joins at once", async () => {
    const page = await opened();
    someoneAsks(page);
    await page.browser.say({ kind: "run", id: SESSION });
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Stored.", "user done: Other"]);
    assert.equal(page.current.run.status, "streaming");
    assert.equal(page.current.status, "ready", "nothing else is drawn meanwhile");
    page.server.last.event(1, "token", "Live");
    await page.frame();
    assert.equal(page.current.run.text, "Live");
    page.server.last.event(2, "cancelled", { message_id: "a2", reason: "user" });
    await page.frame();
    assert.deepEqual(page.contents.slice(2), ["user done: Other", "assistant cancelled: Live"]);
    assert.deepEqual(page.browser.posted, [], "the tab that asked says so, the others need not");
  });

  it("that one has ended which it has missed: the answer appears", async () => {
    const page = await opened();
    page.server
      .on(DETAIL, json({ ...session(), updated_at: later, active_run: null }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer(), q2, { ...writing, status: "done", content: "Here." }] }),
      );
    await page.browser.say({ kind: "run", id: SESSION });
    assert.deepEqual(page.contents.slice(2), ["user done: Other", "assistant done: Here."]);
    assert.equal(page.server.streams.length, 0);
  });

  it("while it is looking already: it looks once more, for the first look may have seen the time before", async () => {
    const page = await opened();
    let answerFirst = (): void => {};
    const held = (): Promise<Response> =>
      new Promise((resolve) => {
        answerFirst = () => resolve(json({ ...session(), active_run: null })());
      });
    page.server
      .on(DETAIL, held, json({ ...session(), updated_at: later, active_run: null }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer(), q2, { ...writing, status: "done", content: "Here." }] }),
      );
    await page.browser.say({ kind: "run", id: SESSION });
    await page.browser.say({ kind: "run", id: SESSION });
    answerFirst();
    await settle();
    assert.deepEqual(page.contents.slice(2), ["user done: Other", "assistant done: Here."]);
  });

  it("about another conversation: the list is read, the one that is shown is not", async () => {
    const page = await opened();
    const before = page.server.requests.length;
    page.server.on("GET /sessions", json({ sessions: [session("new"), session()], next_cursor: null }));
    await page.browser.say({ kind: "run", id: "new" });
    assert.deepEqual(
      page.server.requests.slice(before).map(({ path }) => path),
      ["/sessions?limit=50"],
    );
    assert.deepEqual(
      page.state.conversations.items.map(({ id }) => id),
      ["new", SESSION],
    );
  });

  it("while nobody sees it: nothing is asked before it is seen", async () => {
    const page = await opened();
    page.environment.visible = false;
    someoneAsks(page);
    const before = page.server.requests.length;
    await page.browser.say({ kind: "run", id: SESSION });
    await page.environment.advance(60_000);
    assert.equal(page.server.requests.length, before);
    await page.environment.see();
    assert.equal(page.current.run.status, "streaming");
  });

  it("that it was renamed or deleted", async () => {
    const page = await opened();
    await page.browser.say({ kind: "renamed", id: SESSION, title: "Elsewhere" });
    assert.deepEqual(
      [page.current.title, page.state.conversations.items[0]?.title],
      ["Elsewhere", "Elsewhere"],
    );
    await page.browser.say({ kind: "deleted", id: SESSION });
    assert.deepEqual([page.current.status, page.current.notFound], ["failed", true]);
    assert.deepEqual(page.state.conversations.items, []);
  });

  it("that it was deleted in the middle of an answer: the stream is let go", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    await page.browser.say({ kind: "deleted", id: SESSION });
    assert.ok(page.server.last.aborted);
    assert.deepEqual([page.current.run.status, page.state.activeSessionIds.size], ["idle", 0]);
  });

  it("nonsense, or news of a later version: nothing happens", async () => {
    const page = await opened();
    const before = page.server.requests.length;
    for (const message of [
      null,
      7,
      "run",
      {},
      { kind: "exploded", id: SESSION },
      { kind: "renamed", id: "x" },
    ]) {
      await page.browser.say(message);
    }
    assert.equal(page.server.requests.length, before);
  });
});

describe("a page that is seen again", () => {
  it("asks one small question when nothing has happened", async () => {
    const page = await opened();
    const before = page.server.requests.length;
    await page.environment.see();
    assert.deepEqual(
      page.server.requests.slice(before).map(({ path }) => path),
      ["/sessions?limit=50", `/sessions/${SESSION}`],
    );
  });

  it("asks once, although seeing it, showing it and giving it the focus are three events", async () => {
    const page = await opened();
    await Promise.all([page.environment.see(), page.environment.see(), page.environment.see()]);
    assert.equal(page.server.seen(DETAIL).length, 2);
    assert.equal(page.server.seen("GET /sessions").length, 2);
  });

  it("seen again a moment later, asks once more when the moment is over", async () => {
    const page = await opened();
    await page.environment.see();
    await page.environment.advance(100);
    await page.environment.see();
    await page.environment.see();
    assert.equal(page.server.seen(DETAIL).length, 2);
    await page.environment.advance(400);
    assert.equal(page.server.seen(DETAIL).length, 3);
    await page.environment.advance(60_000);
    assert.equal(page.server.seen(DETAIL).length, 3);
  });

  it("shows what was said elsewhere, and keeps what has not changed", async () => {
    const page = await opened();
    const [question] = page.current.messages;
    page.server
      .on(DETAIL, json({ ...session(), updated_at: later, active_run: null }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer(), q2, { ...writing, status: "done", content: "Here." }] }),
      );
    await page.environment.see();
    assert.equal(page.contents[3], "assistant done: Here.");
    assert.equal(page.current.messages[0], question);
  });

  it("stays on the branch that was chosen when another device has made a new one", async () => {
    const page = await opened();
    page.store.showVersion(ANSWER);
    page.server
      .on(DETAIL, json({ ...session(), updated_at: later, active_run: null }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer(), { ...answer("done", { content: "New." }), id: "a9" }] }),
      );
    await page.environment.see();
    assert.equal(page.contents[1], "assistant done: Stored.");
    assert.equal(page.current.versions.get(ANSWER)?.count, 2);
  });

  it("joins a run that was begun elsewhere", async () => {
    const page = await opened();
    someoneAsks(page);
    await page.environment.see();
    assert.equal(page.current.run.status, "streaming");
  });

  it("says when the conversation is gone", async () => {
    const page = await opened();
    page.server.on(DETAIL, problem(404, "NOT_FOUND"));
    await page.environment.see();
    assert.equal(page.current.notFound, true);
  });

  it("leaves a conversation alone of which the user has given up the run, or which cannot be asked about", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    page.server.last.fail();
    await settle();
    page.store.cancelRetry();
    const before = page.server.seen(DETAIL).length;
    await page.environment.see();
    assert.equal(page.server.seen(DETAIL).length, before);
    assert.equal(page.store.canRetry(page.current), true);
  });

  it("comes back to the whole text of an answer whose connection it had given up", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const own = page.asked(0)["run_id"] as string;
    page.server.on(`GET /chat/runs/${own}/stream`, () => {
      throw new TypeError("fetch failed");
    });
    page.server.last.fail();
    await page.environment.advance(7000);
    assert.equal(page.current.messages[1]?.error?.code, "CONNECTION_LOST");
    page.server.on(
      MESSAGES,
      json({ messages: [user(), answer("done", { content: "Whole.", run_id: own })] }),
    );
    await page.environment.see();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Whole."]);
    assert.equal(page.current.messages[0]?.id, QUESTION);
  });
});

describe("what is asked, and how often", () => {
  it("news that come at once are one reason to look", async () => {
    const page = await opened();
    await Promise.all([
      page.browser.say({ kind: "run", id: SESSION }),
      page.browser.say({ kind: "run", id: SESSION }),
    ]);
    assert.equal(page.server.seen(DETAIL).length, 2, "one to load it, one to look");
  });

  it("after a run of this page's the messages are read once more, and then only the session", async () => {
    const page = await opened();
    await page.ask("cut");
    page.server.last.send(bytesOf("cut-rest"));
    await page.frame();
    const read = () => page.server.seen(MESSAGES).length;
    const before = read();
    await page.environment.see();
    assert.equal(read(), before + 1);
    await page.environment.advance(1000);
    await page.environment.see();
    assert.equal(read(), before + 1);
  });

  it("an interrupted answer is read again although its session looks the same: it may have been continued", async () => {
    const page = new Page();
    page.server.on(
      MESSAGES,
      json({ messages: [user(), answer("interrupted")] }),
      json({ messages: [user(), answer("done", { content: "Whole." })] }),
    );
    await page.open(`/c/${SESSION}`);
    await page.environment.see();
    assert.equal(page.contents[1], "assistant done: Whole.");
  });

  it("a run that was stopped without a network is stopped again, not joined", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const own = page.asked(0)["run_id"] as string;
    const stop = `POST /chat/runs/${own}/stop`;
    page.server.on(
      stop,
      silent,
      json({ run_id: own, status: "cancelled", last_event_id: 12, token_count: 2, stopped_in_ms: 4 }),
    );
    page.store.stop();
    await page.environment.advance(2000);
    page.server
      .on(DETAIL, json({ ...session(), active_run: { ...activeRun, run_id: own } }))
      .on(MESSAGES, json({ messages: [user(), answer("running", { run_id: own })] }));
    await page.environment.see();
    assert.equal(page.server.seen(stop).length, 2);
    assert.equal(page.current.run.status, "stopped");
  });

  it("a message that never reached the server stays, until the conversation has gone on elsewhere", async () => {
    const page = await opened();
    page.server.on("POST /chat/stream", problem(500, "INTERNAL", { retryable: true }));
    page.store.send("Unheard");
    await settle();
    assert.equal(page.contents[2], "user done: Unheard");
    await page.environment.see();
    assert.equal(page.contents[2], "user done: Unheard");
    assert.doesNotMatch([...page.environment.storedInTab.values()].join(), /local/);
    page.server
      .on(DETAIL, json({ ...session(), updated_at: later, active_run: null }))
      .on(
        MESSAGES,
        json({ messages: [user(), answer(), q2, { ...writing, status: "done", content: "Here." }] }),
      );
    await page.environment.advance(1000);
    await page.environment.see();
    assert.deepEqual(page.contents.slice(2), ["user done: Other", "assistant done: Here."]);
  });

  it("a server that is away is not asked while nobody sees the page", async () => {
    const page = await opened();
    page.server.on("GET /ready", () => {
      throw new TypeError("fetch failed");
    });
    page.store.refreshServer();
    await settle();
    page.environment.visible = false;
    const before = page.server.requests.length;
    await page.environment.advance(60_000);
    assert.equal(page.server.requests.length, before);
    page.environment.visible = true;
    await page.environment.advance(5000);
    assert.equal(page.server.requests.length, before + 1);
  });
});

describe("a run whose question this page does not know", () => {
  it("is read when the run says which it is", async () => {
    const page = await opened();
    const active_run = { run_id: ids.run_id, message_id: null, parent_id: null };
    page.server.on(DETAIL, json({ ...session(), updated_at: later, active_run }));
    await page.browser.say({ kind: "run", id: SESSION });
    assert.equal(page.current.run.status, "streaming");
    page.server.on(MESSAGES, json({ messages: [user(), answer(), q2, writing] }));
    const metadata = { session_id: SESSION, run_id: ids.run_id, message_id: "a2", parent_id: "q2" };
    page.server.last.event(1, "metadata", { ...metadata, model: "m", provider: "p" });
    await page.frame();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Stored.", "user done: Other"]);
  });
});
