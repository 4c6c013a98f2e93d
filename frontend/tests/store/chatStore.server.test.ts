import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { DETAIL, Page, SESSION, ready, session } from "../support/page";
import { json, problem, refused } from "../support/scriptedServer";

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
