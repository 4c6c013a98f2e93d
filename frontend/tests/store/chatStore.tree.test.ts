import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ROOT } from "../../src/store/messageTree";
import { settle } from "../support/fakeEnvironment";
import { ANSWER, ASK, MESSAGES, Page, QUESTION, SESSION, answer, bytesOf, ids, user } from "../support/page";
import { json, problem } from "../support/scriptedServer";

const q2 = { ...user("And then?", "q2"), parent_id: ANSWER };
const a2 = { ...answer("done", { content: "Then this." }), id: "a2", parent_id: "q2", run_id: "run2" };
const a3 = { ...answer("done", { content: "Or this." }), id: "a3", parent_id: "q2", run_id: "run3" };
const stored = [user(), answer(), q2, a2];

async function opened(messages: unknown[] = stored): Promise<Page> {
  const page = new Page();
  page.server.on(MESSAGES, json({ messages }));
  return page.open(`/c/${SESSION}`);
}

/** The server answers what was asked last, as a message with these ids. */
async function answerAs(page: Page, messageId: string, parentId: string, text = "New."): Promise<void> {
  const run = page.asked(page.server.seen(ASK).length - 1)["run_id"];
  const metadata = { session_id: SESSION, run_id: run, message_id: messageId, parent_id: parentId };
  page.server.last.event(1, "metadata", { ...metadata, model: "extractive", provider: "extractive" });
  page.server.last.event(2, "token", text);
  page.server.last.event(3, "done", { message_id: messageId, finish_reason: "stop" });
  await page.frame();
}

const shownIds = (page: Page): string[] => page.current.messages.map(({ id }) => id);

describe("a new message", () => {
  it("follows the last answer of the branch that is shown", async () => {
    const page = await opened([...stored, a3]);
    page.store.showVersion("a2");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a2"]);
    assert.ok(page.store.send("Go on"));
    await settle();
    assert.equal(page.asked(0)["parent_id"], "a2");
    await answerAs(page, "a4", "q4");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a2", "q4", "a4"]);
  });

  it("of a new conversation has no parent", async () => {
    const page = await new Page().open();
    await page.ask("question");
    assert.equal("parent_id" in page.asked(0), false);
  });

  it("after one that never reached the server is left to the server", async () => {
    const page = await opened([]);
    page.server.on(ASK, problem(500, "INTERNAL", { retryable: true }), page.server.stream);
    page.store.send("One");
    await settle();
    page.store.send("Two");
    await settle();
    assert.equal("parent_id" in page.asked(1), false);
  });
});

describe("regenerating an answer", () => {
  it("asks the same question again, and shows the new answer beside the old one", async () => {
    const page = await opened();
    page.store.regenerate("a2");
    await settle();
    assert.deepEqual(page.asked(0), {
      message: "And then?",
      session_id: SESSION,
      parent_id: "q2",
      run_id: page.asked(0)["run_id"],
    });
    assert.deepEqual(
      shownIds(page),
      [QUESTION, ANSWER, "q2"],
      "the old answer gives way while it is written",
    );
    await answerAs(page, "a3", "q2");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a3"]);
    assert.deepEqual(page.current.versions.get("a3"), { number: 2, count: 2, previous: "a2", next: null });
    page.store.showVersion("a2");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a2"]);
    page.store.showVersion("a3");
    assert.equal(page.current.messages[3]?.content, "New.");
  });

  it("in the middle leaves what came after the old answer with the old answer", async () => {
    const page = await opened();
    page.store.regenerate(ANSWER);
    await settle();
    assert.deepEqual(shownIds(page), [QUESTION]);
    await answerAs(page, "a9", QUESTION);
    assert.deepEqual(shownIds(page), [QUESTION, "a9"]);
    page.store.showVersion(ANSWER);
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a2"]);
  });

  it("that fails before its first word offers Retry, and is not counted once there is an answer", async () => {
    const page = await opened();
    page.store.regenerate("a2");
    await settle();
    const failure = { code: "TIMEOUT", message: "Silence.", retryable: true };
    page.server.last.event(1, "error", failure);
    await settle();
    assert.equal(page.current.messages[3]?.error?.code, "TIMEOUT");
    assert.ok(page.store.canRetry(page.current));
    page.store.retry();
    await settle();
    assert.equal(page.asked(1)["parent_id"], "q2");
    await answerAs(page, "a3", "q2");
    assert.deepEqual(page.current.versions.get("a3"), { number: 2, count: 2, previous: "a2", next: null });
  });

  it("and editing, and going to another version, wait for the answer that is being written", async () => {
    const page = await opened();
    page.store.send("Go on");
    await settle();
    page.store.regenerate("a2");
    page.store.showVersion(ANSWER);
    assert.equal(page.store.edit("q2", "Other"), false);
    await settle();
    assert.equal(page.server.seen(ASK).length, 1);
    assert.equal(page.current.run.status, "streaming");
  });
});

describe("editing a question", () => {
  it("asks the new text under the same parent; the old question and its answers stay", async () => {
    const page = await opened();
    assert.ok(page.store.edit("q2", "  And before?  "));
    await settle();
    assert.deepEqual([page.asked(0)["message"], page.asked(0)["parent_id"]], ["And before?", ANSWER]);
    assert.deepEqual(page.contents.slice(2), ["user done: And before?"]);
    await answerAs(page, "a3", "q3");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q3", "a3"]);
    assert.deepEqual(page.current.versions.get("q3"), { number: 2, count: 2, previous: "q2", next: null });
    page.store.showVersion("q2");
    assert.deepEqual(shownIds(page), [QUESTION, ANSWER, "q2", "a2"]);
  });

  it("which is the first one, tells the server that there is nothing before it", async () => {
    const page = await opened();
    assert.ok(page.store.edit(QUESTION, "Another beginning"));
    await settle();
    assert.equal(page.asked(0)["parent_id"], ROOT);
    await answerAs(page, "a9", "q9");
    assert.deepEqual(shownIds(page), ["q9", "a9"]);
    assert.equal(page.current.versions.get("q9")?.count, 2);
  });

  it("without changing it asks for another answer", async () => {
    const page = await opened();
    assert.ok(page.store.edit("q2", "And then?"));
    await settle();
    assert.equal(page.asked(0)["parent_id"], "q2");
  });

  it("takes no empty and no too long text", async () => {
    const page = await opened();
    assert.equal(page.store.edit("q2", "  "), false);
    assert.equal(page.store.edit("q2", "x".repeat(8001)), false);
    assert.equal(page.store.edit("a2", "An answer cannot be edited"), false);
  });

  it("that never reached the server leaves nothing of it behind", async () => {
    const page = await new Page().open();
    page.server.on(ASK, problem(500, "INTERNAL", { retryable: true }), page.server.stream);
    page.store.send("Qestion");
    await settle();
    assert.ok(page.store.edit(page.current.messages[0]?.id ?? "", "Question"));
    await settle();
    assert.equal("parent_id" in page.asked(1), false);
    page.server.last.send(bytesOf("question"));
    await page.frame();
    assert.deepEqual(page.contents, ["user done: Question", `assistant done: ${ids.text}`]);
    assert.equal(page.current.versions.size, 0);
  });
});

describe("the branch that was chosen", () => {
  it("stays over a reload of this tab", async () => {
    const page = await opened([...stored, a3]);
    assert.equal(shownIds(page)[3], "a3");
    page.store.showVersion("a2");
    page.store.dispose();
    await page.open(`/c/${SESSION}`);
    assert.equal(shownIds(page)[3], "a2");
  });

  it("is no matter where what this tab has kept is nonsense", async () => {
    const page = new Page();
    page.server.on(MESSAGES, json({ messages: stored }));
    page.environment.tabStorage.set(`rill.branch.${SESSION}`, "{nonsense");
    await page.open(`/c/${SESSION}`);
    assert.equal(page.contents.length, 4);
  });
});
