import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ANSWER, ASK, DETAIL, MESSAGES, Page, QUESTION, SESSION } from "../support/page";
import { activeRun, answer, bytesOf, ids, session, user } from "../support/page";
import { json, problem, refused } from "../support/scriptedServer";

const RUN = ids.run_id;
const CONTINUE = `POST /chat/runs/${RUN}/continue`;
const interrupted = answer("interrupted", {
  content: "Switch buffering",
  error: { code: "INTERRUPTED", message: "The server was restarted.", retryable: true },
});

/** A conversation whose answer the server found interrupted when it started. */
async function opened(): Promise<Page> {
  const page = new Page();
  page.server.on(MESSAGES, json({ messages: [user(), interrupted] })).on(CONTINUE, page.server.stream);
  return page.open(`/c/${SESSION}`);
}

const asked = (page: Page) => page.server.seen(CONTINUE).map(({ body }) => body as { run_id: string });

describe("Continue", () => {
  it("writes the interrupted answer again in its place, in a new run with an id of this page's", async () => {
    const page = await opened();
    assert.equal(page.store.canContinue(page.current), true);
    assert.equal(page.store.canRetry(page.current), false, "there is one way on, not two");
    page.store.continueAnswer();
    await settle();
    assert.equal(asked(page).length, 1);
    assert.match(asked(page)[0]?.run_id ?? "", /^00000000-0000-4000-8000-/);
    assert.equal(page.current.run.text, "Switch buffering", "what is shown stays until there is better");
    assert.deepEqual(page.contents, ["user done: Question"]);
  });

  it("replaces the partial text with the first event, and ends with one whole answer", async () => {
    const page = await opened();
    page.store.continueAnswer();
    await settle();
    const text = new TextDecoder().decode(bytesOf("continued"));
    const [head = "", rest = ""] = text.split("id: 4\n");
    page.server.last.send(head);
    await page.frame();
    assert.deepEqual([page.current.run.text, page.current.run.stage], ["", "generation"]);
    assert.equal(page.current.run.sources.length, 2);
    page.server.last.send(`id: 4\n${rest}`);
    await page.frame();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Switch buffering off [1]."]);
    assert.equal(page.current.messages[1]?.id, ANSWER);
    assert.equal(page.current.versions.size, 0);
  });

  it("pressed twice starts one run", async () => {
    const page = await opened();
    page.store.continueAnswer();
    page.store.continueAnswer();
    await settle();
    page.store.continueAnswer();
    await settle();
    assert.equal(asked(page).length, 1);
  });

  it("that finds no server is asked again with the same run id", async () => {
    const page = await opened();
    page.server.on(CONTINUE, refused, page.server.stream);
    page.store.continueAnswer();
    await settle();
    assert.equal(page.current.run.status, "reconnecting");
    assert.equal(page.current.run.text, "Switch buffering");
    await page.environment.advance(1000);
    const [first, second] = asked(page);
    assert.deepEqual(second, first);
    page.server.last.send(bytesOf("continued"));
    await page.frame();
    assert.equal(page.current.messages[1]?.status, "done");
  });

  it("waits as long as a server that starts asks for", async () => {
    const page = await opened();
    page.server.on(
      CONTINUE,
      problem(503, "OVERLOADED", { retryable: true }, { "retry-after": "5" }),
      page.server.stream,
    );
    page.store.continueAnswer();
    await settle();
    assert.equal(page.current.run.reconnect?.retryAt, page.environment.time + 5000);
  });

  for (const [status, code] of [
    [409, "NOT_INTERRUPTED"],
    [404, "NOT_FOUND"],
    [405, "METHOD_NOT_ALLOWED"],
  ] as const) {
    it(`refused with ${status}: the text stays, with a sentence and Retry, also when the page looks again`, async () => {
      const page = await opened();
      page.server.on(CONTINUE, problem(status, code));
      page.store.continueAnswer();
      await settle();
      const message = page.current.messages[1];
      assert.deepEqual(
        [message?.content, message?.status, message?.error?.code],
        ["Switch buffering", "interrupted", "NOT_CONTINUED"],
      );
      assert.equal(page.store.canContinue(page.current), false);
      await page.environment.see();
      assert.equal(page.store.canContinue(page.current), false);
      assert.equal(page.store.canRetry(page.current), true);
      page.store.retry();
      await settle();
      assert.equal(page.asked(0)["parent_id"], QUESTION);
    });
  }

  it("refused because another tab has continued it: the whole answer is shown", async () => {
    const page = await opened();
    page.server
      .on(CONTINUE, problem(409, "NOT_INTERRUPTED"))
      .on(MESSAGES, json({ messages: [user(), answer("done", { content: "Whole.", run_id: "other" })] }));
    page.store.continueAnswer();
    await settle();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Whole."]);
  });

  it("while another tab is continuing it follows that run", async () => {
    const page = await opened();
    const other = { ...activeRun, run_id: "other" };
    page.server
      .on(CONTINUE, problem(409, "RUN_ACTIVE", { run_id: "other" }))
      .on(DETAIL, json({ ...session(), active_run: other }))
      .on(MESSAGES, json({ messages: [user(), { ...interrupted, status: "running", run_id: "other" }] }))
      .on("GET /chat/runs/other/stream", page.server.stream);
    page.store.continueAnswer();
    await settle();
    assert.equal(page.current.run.runId, "other");
    assert.equal(page.current.notice, null);
    page.server.last.send(bytesOf("continued"));
    await page.frame();
    assert.equal(page.current.messages[1]?.content, "Switch buffering off [1].");
  });
});

describe("an answer that is interrupted while it is followed", () => {
  for (const stream of ["interrupted", "shutdown"]) {
    it(`by ${stream} keeps its text and can be continued`, async () => {
      const page = await new Page().open();
      await page.ask(stream);
      const message = page.current.messages[1];
      assert.equal(message?.status, "interrupted");
      assert.ok(message?.content.startsWith("Switch"));
      assert.equal(page.store.canContinue(page.current), true);
      const own = page.asked(0)["run_id"];
      page.server.on(`POST /chat/runs/${own}/continue`, page.server.stream);
      page.store.continueAnswer();
      await settle();
      assert.equal(page.server.seen(`POST /chat/runs/${own}/continue`).length, 1);
    });
  }

  it("loses no word that was shown, although less of it is stored", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    page.server.last.event(12, "snapshot", { text: "Switch", stage: null, sources: [] });
    const failure = { code: "INTERRUPTED", message: "The server was restarted.", retryable: true };
    page.server.last.event(13, "error", failure);
    await settle();
    assert.equal(page.current.messages[1]?.content, "Switch buffering");
    const less = { content: "Switch", run_id: page.asked(0)["run_id"] };
    page.server.on(MESSAGES, json({ messages: [user(), { ...interrupted, ...less }] }));
    await page.environment.see();
    assert.equal(page.current.messages[1]?.content, "Switch buffering", "nor when the page looks again");
    assert.equal(page.store.canContinue(page.current), true);
  });

  it("and is asked for again by Retry after a lost connection: it goes on by itself", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const own = page.asked(0)["run_id"] as string;
    const follow = `GET /chat/runs/${own}/stream`;
    page.server.on(follow, refused);
    page.server.last.fail();
    await page.environment.advance(7000);
    assert.equal(page.current.messages[1]?.error?.code, "CONNECTION_LOST");
    page.server.on(follow, page.server.stream).on(`POST /chat/runs/${own}/continue`, page.server.stream);
    page.store.retry();
    await settle();
    page.server.last.send(bytesOf("cut-interrupted"));
    await page.frame();
    assert.equal(page.server.seen(`POST /chat/runs/${own}/continue`).length, 1);
    page.server.last.send(bytesOf("continued"));
    await page.frame();
    assert.deepEqual(page.contents, ["user done: Question", "assistant done: Switch buffering off [1]."]);
    assert.equal(page.server.seen(ASK).length, 1);
  });

  it("is found so by itself when the server is back after the page had given up", async () => {
    const page = await new Page().open();
    await page.ask("cut");
    const own = page.asked(0)["run_id"] as string;
    page.server.on(`GET /chat/runs/${own}/stream`, refused).on("GET /ready", refused);
    page.server.last.fail();
    await page.environment.advance(7000);
    assert.equal(page.state.server.status, "unreachable");
    page.server
      .on("GET /ready", json({ ...{ status: "ready", provider: "p", model: "m", documents: 1 }, ...checks }))
      .on(MESSAGES, json({ messages: [user(), { ...interrupted, run_id: own }] }));
    await page.environment.advance(5000);
    assert.equal(page.store.canContinue(page.current), true);
  });
});

const checks = { checks: { store: { ok: true, message: "" }, model: { ok: true, message: "" } } };
