import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ANSWER, ASK, MESSAGES, Page, QUESTION, SESSION, answer, bytesOf, user } from "../support/page";
import { json, problem, refused, silent } from "../support/scriptedServer";

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

  it("knows when the server wants to be asked again", async () => {
    const page = await new Page().open();
    await page.ask("error-rate-limited");
    const failed = page.current.messages[1];
    const wait = failed?.error?.retry_after_ms ?? 0;
    assert.ok(wait > 0);
    assert.equal(failed?.retryAt, page.environment.time - 16 + wait);
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
