import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MESSAGE_LIMIT } from "../../src/store";
import { settle } from "../support/fakeEnvironment";
import {
  ANSWER,
  ASK,
  DETAIL,
  MESSAGES,
  Page,
  QUESTION,
  SESSION,
  activeRun,
  answer,
  bytesOf,
  ids,
  session,
  user,
} from "../support/page";
import { json, problem, refused } from "../support/scriptedServer";

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
    assert.equal(page.store.canContinue(page.current), true);
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

describe("a conversation that another tab is using", () => {
  it("shows the other answer, gives the text back, and says so", async () => {
    const page = new Page();
    page.server.on(MESSAGES, json({ messages: [user("Before"), answer()] }));
    await page.open(`/c/${SESSION}`);
    page.server
      .on(ASK, problem(409, "RUN_ACTIVE", { run_id: ids.run_id }))
      .on(DETAIL, json({ ...session(), active_run: { ...activeRun, message_id: "other", parent_id: "q2" } }))
      .on(
        MESSAGES,
        json({
          messages: [
            user("Before"),
            answer(),
            { ...user("Other", "q2"), parent_id: ANSWER },
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
