import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settle } from "../support/fakeEnvironment";
import { ASK, DETAIL, MESSAGES, Page, SESSION, answer, session, user } from "../support/page";
import { json, problem, silent, type SeenRequest } from "../support/scriptedServer";

interface Stored {
  id: string;
  parent_id: string | null;
  [key: string]: unknown;
}

/** A conversation of one branch: q0, a0, q1, a1… */
function straight(turns: number): Stored[] {
  const messages: Stored[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const before = messages[messages.length - 1]?.id ?? null;
    messages.push(question(`q${turn}`, before), reply(`a${turn}`, `q${turn}`));
  }
  return messages;
}

const question = (id: string, parent: string | null): Stored => ({ ...user(id, id), parent_id: parent });
const reply = (id: string, parent: string, status = "done"): Stored => ({
  ...answer(status, { content: `Text of ${id}`, run_id: `run-${id}` }),
  id,
  parent_id: parent,
});

/** The server's pages of what is stored: the newest first, and each in order. */
function pagesOf(stored: readonly Stored[]) {
  return ({ path }: SeenRequest): Response => {
    const query = new URLSearchParams(path.split("?")[1]);
    const cursor = query.get("cursor");
    const end = cursor === null ? stored.length : stored.findIndex(({ id }) => id === cursor);
    const start = Math.max(0, end - Number(query.get("limit") ?? stored.length));
    const next_cursor = start > 0 ? stored[start]?.id : null;
    return json({ messages: stored.slice(start, end), next_cursor })();
  };
}

async function opened(stored: readonly Stored[], choices: [string, string][] = []): Promise<Page> {
  const page = new Page();
  page.server.on(MESSAGES, pagesOf(stored));
  page.environment.storedInTab.set(`rill.branch.${SESSION}`, JSON.stringify(choices));
  return page.open(`/c/${SESSION}`);
}

const shown = (page: Page): string[] => page.current.messages.map(({ id }) => id);
const asked = (page: Page): string[] =>
  page.server.seen(MESSAGES).map(({ path }) => path.split("?")[1] ?? "");
const idsOf = (stored: readonly Stored[]): string[] => stored.map(({ id }) => id);

/** Lets the browser be idle until everything is there. */
async function becomeIdle(page: Page): Promise<void> {
  for (let turn = 0; turn < 30 && page.current.earlier === "loading"; turn += 1) {
    await page.environment.advance(60);
  }
}

describe("a long conversation", () => {
  it("is shown once its end is there, and the rest comes while the browser is idle", async () => {
    const stored = straight(300);
    const page = await opened(stored);
    assert.equal(page.current.status, "ready");
    assert.equal(page.current.earlier, "loading");
    assert.deepEqual(asked(page), ["limit=30"]);
    assert.deepEqual(shown(page), idsOf(stored.slice(-30)));
    await becomeIdle(page);
    assert.equal(page.current.earlier, "none");
    assert.deepEqual(shown(page), idsOf(stored));
    assert.deepEqual(asked(page), [
      "limit=30",
      "limit=200&cursor=q285",
      "limit=200&cursor=q185",
      "limit=200&cursor=q85",
    ]);
  });

  it("keeps the messages that were there as they were", async () => {
    const page = await opened(straight(40));
    const before = page.current.messages;
    await becomeIdle(page);
    assert.deepEqual(
      page.current.messages.slice(-30).map((message, index) => message === before[index]),
      before.map(() => true),
    );
  });

  it("begins with a question: an answer at the top waits for its own", async () => {
    const stored = [...straight(40), reply("a39b", "q39")];
    const page = await opened(stored);
    assert.equal(shown(page)[0], "q26");
    await becomeIdle(page);
    assert.equal(shown(page).length, 80);
    assert.deepEqual(page.current.versions.get("a39b")?.count, 2);
  });

  it("that is short is read in one", async () => {
    const page = await opened(straight(15));
    assert.equal(page.current.earlier, "none");
    assert.equal(shown(page).length, 30);
    assert.equal(page.environment.pendingTimers, 0);
  });

  it("is not read further once it is left", async () => {
    const page = await opened(straight(300));
    await page.environment.advance(60);
    assert.equal(asked(page).length, 2);
    page.server.on(MESSAGES, silent);
    await page.environment.advance(60);
    const last = page.server.seen(MESSAGES)[2];
    assert.equal(last?.signal?.aborted, false);
    page.store.newConversation();
    await page.environment.advance(10_000);
    assert.equal(last?.signal?.aborted, true);
    assert.equal(asked(page).length, 3);
  });

  it("can be asked in before the rest is there", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    page.store.send("And now?");
    await settle();
    assert.equal(page.asked(0)["parent_id"], "a99");
    await becomeIdle(page);
    assert.deepEqual(shown(page).slice(0, 3), ["q0", "a0", "q1"]);
    assert.equal(shown(page).length, 201);
    assert.equal(page.server.seen(ASK).length, 1);
  });

  it("can be regenerated and edited in before the rest is there, and the choice is kept for the whole", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    page.store.regenerate("a97");
    await settle();
    assert.equal(page.asked(0)["parent_id"], "q97");
    const run = page.asked(0)["run_id"];
    const metadata = { session_id: SESSION, run_id: run, message_id: "new", parent_id: "q97" };
    page.server.last.event(1, "metadata", { ...metadata, model: "extractive", provider: "extractive" });
    page.server.last.event(2, "done", { message_id: "new", finish_reason: "stop" });
    await page.frame();
    assert.deepEqual(shown(page).slice(-2), ["q97", "new"]);
    page.store.showVersion("a97");
    assert.deepEqual(shown(page).slice(-1), ["a99"]);
    page.store.showVersion("new");
    await becomeIdle(page);
    assert.deepEqual(shown(page), [...idsOf(stored.slice(0, 195)), "new"]);
    const kept = JSON.parse(page.environment.storedInTab.get(`rill.branch.${SESSION}`) ?? "");
    assert.deepEqual(kept.length, 196, "from the beginning on");
    assert.deepEqual(kept[0], ["00000000-0000-0000-0000-000000000000", "q0"]);
  });
});

describe("the branch of a long conversation", () => {
  const edited = [...straight(40), question("q2b", "a1"), reply("a2b", "q2b")];

  it("is the newest, of which only the end is there, with nothing beside it", async () => {
    const page = await opened(edited);
    assert.deepEqual(shown(page), ["q2b", "a2b"]);
    assert.equal(page.current.versions.size, 0, "what stands beside it is not known yet");
    await becomeIdle(page);
    assert.deepEqual(shown(page), ["q0", "a0", "q1", "a1", "q2b", "a2b"]);
    assert.equal(page.current.versions.get("q2b")?.number, 2);
  });

  it("is the one that was chosen in this tab, where the choice leads into what is there", async () => {
    const path = idsOf(straight(40));
    const choices = path.map((id, index): [string, string] => [
      path[index - 1] ?? "00000000-0000-0000-0000-000000000000",
      id,
    ]);
    const page = await opened(edited, choices);
    assert.deepEqual(asked(page), ["limit=30"]);
    assert.deepEqual(shown(page), path.slice(-28));
    await becomeIdle(page);
    assert.deepEqual(shown(page), path);
  });

  it("is not shown before it is known which one was chosen", async () => {
    const choices: [string, string][] = [
      ["00000000-0000-0000-0000-000000000000", "q0"],
      ["q0", "a0"],
      ["a0", "q1"],
      ["q1", "a1"],
      ["a1", "q2"],
    ];
    const page = await opened(edited, choices);
    assert.deepEqual(asked(page), ["limit=30", "limit=200&cursor=q26"]);
    assert.deepEqual(shown(page), idsOf(straight(40)));
  });
});

describe("the rest of a long conversation that cannot be read", () => {
  it("is said, and read when the user wants that", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    page.server.on(MESSAGES, problem(500, "INTERNAL"), pagesOf(stored));
    await becomeIdle(page);
    assert.equal(page.current.earlier, "failed");
    assert.equal(shown(page).length, 30);
    await page.environment.advance(60_000);
    assert.equal(asked(page).length, 2);
    page.store.loadEarlier();
    await becomeIdle(page);
    assert.equal(page.current.earlier, "none");
    assert.deepEqual(shown(page), idsOf(stored));
  });

  it("is read when the page is seen again", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    page.server.on(MESSAGES, problem(500, "INTERNAL"), pagesOf(stored));
    await becomeIdle(page);
    await page.environment.advance(1_000);
    await page.environment.see();
    await becomeIdle(page);
    assert.deepEqual(shown(page), idsOf(stored));
  });
});

describe("what happened elsewhere in a long conversation", () => {
  const later = (stored: Stored[]): Stored[] => [
    ...stored,
    question("qx", stored[stored.length - 1]?.id ?? null),
    reply("ax", "qx"),
  ];

  async function seenAgain(page: Page, stored: Stored[]): Promise<void> {
    page.server.on(DETAIL, json({ ...session(), updated_at: "2026-01-02T03:09:00.000Z", active_run: null }));
    page.server.on(MESSAGES, pagesOf(stored));
    await page.environment.advance(1_000);
    await page.environment.see();
  }

  it("is read from the end only", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    await becomeIdle(page);
    const before = asked(page).length;
    await seenAgain(page, later(stored));
    assert.deepEqual(asked(page).slice(before), ["limit=30"]);
    assert.deepEqual(shown(page), [...idsOf(stored), "qx", "ax"]);
    assert.equal(page.current.earlier, "none");
  });

  it("is read as far back as it goes", async () => {
    const stored = straight(100);
    const page = await opened(stored);
    await becomeIdle(page);
    const before = asked(page).length;
    const more = [...stored];
    for (let turn = 0; turn < 20; turn += 1) {
      const last = more[more.length - 1]?.id ?? null;
      more.push(question(`x${turn}`, last), reply(`y${turn}`, `x${turn}`));
    }
    await seenAgain(page, more);
    assert.equal(asked(page).length - before, 2);
    assert.deepEqual(shown(page), idsOf(more));
  });

  it("is read back to an answer that may have changed", async () => {
    const stored = straight(100);
    stored[101] = reply("a50", "q50", "interrupted");
    const page = await opened(stored);
    await becomeIdle(page);
    assert.equal(page.current.messages[101]?.status, "interrupted");
    const changed = [...stored];
    changed[101] = reply("a50", "q50");
    await seenAgain(page, changed);
    assert.equal(page.current.messages[101]?.status, "done");
  });

  it("is read while the rest is not there yet, and the rest goes on", async () => {
    const stored = straight(300);
    const page = await opened(stored);
    await page.environment.advance(60);
    await seenAgain(page, later(stored));
    await becomeIdle(page);
    assert.deepEqual(shown(page), [...idsOf(stored), "qx", "ax"]);
  });

  it("includes an answer that is being written to a question far up", async () => {
    const stored = [...straight(60), reply("a5b", "q5", "running")];
    const page = new Page();
    page.server.on(MESSAGES, pagesOf(stored));
    const active_run = { run_id: "run-a5b", message_id: "a5b", parent_id: "q5" };
    page.server.on(DETAIL, json({ ...session(), active_run }));
    page.server.on("GET /chat/runs/run-a5b/stream", page.server.stream);
    await page.open(`/c/${SESSION}`);
    assert.deepEqual(asked(page), ["limit=30", "limit=200&cursor=a45"]);
    assert.deepEqual(shown(page), idsOf(stored.slice(0, 11)));
    assert.equal(page.current.run.runId, "run-a5b");
  });
});
