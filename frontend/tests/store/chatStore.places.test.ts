import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPlace } from "../../src/store/routes";
import { settle } from "../support/fakeEnvironment";
import { Page, SESSION } from "../support/page";

describe("pages beside the conversations", () => {
  it("have addresses of their own", () => {
    for (const path of ["/documents", "/documents/", "/documents/a-b", "/search"])
      assert.ok(isPlace(path), path);
    for (const path of ["/", "/c/a", "/documents/a/original", "/searching"])
      assert.equal(isPlace(path), false, path);
  });

  it("leave the conversation as it is, and its answer goes on", async () => {
    const page = await new Page().open();
    assert.ok(page.store.send("Question"));
    await settle();
    page.store.go("/documents");
    assert.deepEqual(page.state.place, { path: "/documents", query: "" });
    page.server.last.event(1, "metadata", {
      session_id: SESSION,
      run_id: "r",
      message_id: "m",
      parent_id: "p",
      model: "m",
      provider: "p",
    });
    page.server.last.event(2, "token", "Text");
    await page.frame();
    assert.equal(
      page.environment.location.path(),
      "/documents",
      "a new conversation does not take the address",
    );
    assert.equal(page.current.run.text, "Text");
    page.store.open(SESSION);
    assert.deepEqual([page.state.place, page.current.run.text], [null, "Text"]);
  });

  it("are what the address says: at the start, with back and forward, with a query", async () => {
    const page = await new Page().open("/search?q=river");
    assert.deepEqual(page.state.place, { path: "/search", query: "?q=river" });
    await page.environment.visit(`/c/${SESSION}`);
    assert.deepEqual([page.state.place, page.current.id], [null, SESSION]);
    await page.environment.visit("/documents/a?start=1&end=2");
    assert.deepEqual([page.state.place?.query, page.current.id], ["?start=1&end=2", SESSION]);
  });

  it("going where one is changes nothing", async () => {
    const page = await new Page().open("/documents");
    const before = page.state;
    page.store.go("/documents");
    assert.deepEqual([page.environment.visited, page.state === before], [[], true]);
  });

  it("deleting the conversation behind them leaves their address", async () => {
    const page = await new Page().open(`/c/${SESSION}`);
    page.server.on(`DELETE /sessions/${SESSION}`, () => new Response(null, { status: 204 }));
    page.store.go("/documents");
    await page.store.remove(SESSION);
    assert.equal(page.environment.location.path(), "/documents");
  });
});
