import assert from "node:assert/strict";
import { test } from "node:test";
import { dayLabel, groupByDay } from "../../src/components/conversationDays";
import { ConversationList } from "../../src/components/ConversationList";
import { INITIAL_STATE, type ChatState } from "../../src/store";
import type { Session } from "../../src/types/rest";
import { byName, click, press, render, type } from "./render";

const now = new Date(2026, 2, 15, 9, 30);
const dayRows: readonly (readonly [Date, string])[] = [
  [new Date(2026, 2, 15, 0, 1), "Today"],
  [new Date(2026, 2, 15, 23, 0), "Today"],
  [new Date(2026, 2, 14, 23, 59), "Yesterday"],
  [new Date(2026, 2, 9), "Last 7 days"],
  [new Date(2026, 2, 8), "March"],
  [new Date(2026, 0, 20), "January"],
  [new Date(2025, 11, 31), "December 2025"],
  [new Date(Number.NaN), "Earlier"],
];
for (const [time, label] of dayRows) {
  test(`${String(time)} is ${label}`, () => assert.equal(dayLabel(time, now), label));
}

function session(id: string, title: string, updated = new Date()): Session {
  return { id, title, created_at: updated.toISOString(), updated_at: updated.toISOString() };
}

test("groups keep the order of the list", () => {
  const groups = groupByDay([session("a", "A", now), session("b", "B", now)], now);
  assert.deepEqual(
    groups.map(({ label, sessions }) => [label, sessions.map(({ id }) => id)]),
    [["Today", ["a", "b"]]],
  );
});

const listed: Partial<ChatState> = {
  conversations: {
    status: "ready",
    items: [session("one", "First"), session("two", "Second")],
    hasMore: true,
    error: null,
  },
  current: { ...INITIAL_STATE.current, id: "two" },
  activeSessionIds: new Set(["one"]),
};

test("conversations are links; the open one and the answering one are marked", async () => {
  const opened: string[] = [];
  let left = 0;
  const { page } = await render(<ConversationList onLeave={() => (left += 1)} />, listed, {
    open: (id) => opened.push(id),
  });
  const links = [...page.querySelectorAll<HTMLAnchorElement>("a")];
  assert.deepEqual(
    links.map((link) => [link.getAttribute("href"), link.getAttribute("aria-current")]),
    [
      ["/c/one", null],
      ["/c/two", "page"],
    ],
  );
  assert.ok(links[0]?.querySelector('[data-testid="active-run"]'));
  await click(links[0] ?? null);
  assert.deepEqual(opened, ["one"]);
  assert.equal(left, 1);
});

test("a title is changed in place: Enter keeps it, Esc does not", async () => {
  const renamed: string[][] = [];
  const { page } = await render(<ConversationList onLeave={() => {}} />, listed, {
    rename: async (...change) => {
      renamed.push(change);
      return null;
    },
  });
  await click(byName(page, "Rename First"));
  const input = byName<HTMLInputElement>(page, "Title of the conversation");
  assert.ok(input && document.activeElement === input);
  await type(input, "  Renamed ");
  assert.equal(await press(input, "Enter"), false, "the key goes no further");
  assert.deepEqual(renamed, [["one", "Renamed"]]);
  assert.ok(document.activeElement === byName(page, "Rename First"));
  await click(byName(page, "Rename Second"));
  const second = byName<HTMLInputElement>(page, "Title of the conversation");
  assert.ok(second);
  await type(second, "Not kept");
  await press(second, "Escape");
  assert.equal(renamed.length, 1);
  assert.equal(byName(page, "Title of the conversation"), null);
});

test("a conversation is deleted only after it was confirmed, and a failure is told", async () => {
  const removed: string[] = [];
  const { page } = await render(<ConversationList onLeave={() => {}} />, listed, {
    remove: async (id) => {
      removed.push(id);
      return "The conversation could not be deleted.";
    },
  });
  await click(byName(page, "Delete First"));
  await click(byName(page, "Cancel"));
  assert.deepEqual(removed, []);
  assert.equal(page.querySelector("dialog"), null);
  await click(byName(page, "Delete First"));
  await click(byName(page, "Delete"));
  assert.deepEqual(removed, ["one"]);
  assert.equal(page.querySelector('[role="alert"]')?.textContent, "The conversation could not be deleted.");
});

test("older conversations are loaded on demand", async () => {
  let loads = 0;
  const { page } = await render(<ConversationList onLeave={() => {}} />, listed, {
    loadMoreConversations: () => (loads += 1),
  });
  await click(byName(page, "Show older"));
  assert.equal(loads, 1);
});
