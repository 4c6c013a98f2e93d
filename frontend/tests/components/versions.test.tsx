import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageList } from "../../src/components/MessageList";
import { Messages } from "../../src/components/Messages";
import type { TurnActions } from "../../src/components/turnActions";
import type { Version } from "../../src/store/messageTree";
import { IDLE_RUN } from "../../src/stream/runState";
import type { Message } from "../../src/types/rest";
import { mockTimers } from "../support/mockTimers";
import { byName, click, press, render, settled, type } from "./render";
import { alone, answer, nothing, question, running, stage } from "./samples";

interface ListProps {
  messages?: readonly Message[];
  versions?: ReadonlyMap<string, Version>;
  actions?: Partial<TurnActions>;
}

const turn: readonly Message[] = [question(), answer()];

function List({ messages = turn, versions = alone, actions }: ListProps) {
  return <MessageList messages={messages} versions={versions} run={IDLE_RUN} {...nothing} {...actions} />;
}

const second: Version = { number: 2, count: 3, previous: "first", next: "third" };

test("a message with others beside it says which it is, and leads to them", async () => {
  const shown: string[] = [];
  const actions = { onShowVersion: (id: string) => shown.push(id) };
  const { page } = await render(<List versions={new Map([["answer", second]])} actions={actions} />);
  const group = page.querySelector('[data-testid="versions"]');
  assert.match(group?.textContent ?? "", /^2 \/ 3$/);
  await click(byName(page, "Previous version"));
  await click(byName(page, "Next version"));
  assert.deepEqual(shown, ["first", "third"]);
});

test("a message alone in its place has no switch", async () => {
  const { page } = await render(<List />);
  assert.equal(page.querySelector('[data-testid="versions"]'), null);
});

test("at the end, and while an answer is written, the way on is off but keeps the focus", async () => {
  const shown: string[] = [];
  const onShowVersion = (id: string) => shown.push(id);
  const last: Version = { number: 3, count: 3, previous: "second", next: null };
  const versions = new Map([["question", last]]);
  const { page, draw } = await render(<List versions={versions} actions={{ onShowVersion }} />);
  const next = byName<HTMLButtonElement>(page, "Next version");
  assert.equal(next?.getAttribute("aria-disabled"), "true");
  assert.equal(next?.disabled, false);
  await click(next);
  await draw(<List versions={versions} actions={{ onShowVersion: null }} />);
  await click(byName(page, "Previous version"));
  assert.deepEqual(shown, []);
});

test("the switch keeps its elements when another version comes in its place", async () => {
  const actions = { onShowVersion: () => {} };
  const { page, draw } = await render(<List versions={new Map([["answer", second]])} actions={actions} />);
  const next = byName(page, "Next version");
  const third = answer({ id: "third", content: "Another text." });
  const version: Version = { number: 3, count: 3, previous: "answer", next: null };
  await draw(
    <List messages={[question(), third]} versions={new Map([["third", version]])} actions={actions} />,
  );
  assert.ok(byName(page, "Next version") === next);
  assert.match(page.querySelector(".markdown")?.textContent ?? "", /^Another text\.$/);
});

test("an answer is written again at a press, unless Retry already offers that", async () => {
  const asked: string[] = [];
  const onRegenerate = (id: string) => asked.push(id);
  const { page, draw } = await render(<List actions={{ onRegenerate }} />);
  await click(byName(page, "Regenerate answer"));
  assert.deepEqual(asked, ["answer"]);
  const error = { code: "TIMEOUT", message: "Silence.", retryable: true };
  const failed = [question(), answer({ status: "error", error })];
  await draw(<List messages={failed} actions={{ onRegenerate, onRetry: () => {} }} />);
  assert.equal(byName(page, "Regenerate answer"), null);
  assert.ok(byName(page, "Retry"));
});

test("a question is edited in its place: Enter sends, Shift and Enter do not, and a refused text stays", async () => {
  const edits: [string, string][] = [];
  let isTaken = false;
  const onEdit = (id: string, text: string): boolean => {
    edits.push([id, text]);
    return isTaken;
  };
  const { page } = await render(<List actions={{ onEdit }} />);
  await click(byName(page, "Edit message"));
  const field = byName<HTMLTextAreaElement>(page, "Edit your message");
  assert.ok(field);
  assert.equal(field.value, "What is Rill?");
  await type(field, " What is a rill? ");
  await press(field, "Enter", { shiftKey: true });
  assert.deepEqual(edits, []);
  await press(field, "Enter");
  assert.deepEqual(edits, [["question", "What is a rill?"]]);
  assert.equal(byName<HTMLTextAreaElement>(page, "Edit your message")?.value, " What is a rill? ");
  isTaken = true;
  await press(field, "Enter");
  assert.equal(byName(page, "Edit your message"), null);
});

test("Esc and Cancel leave the question as it is, and the focus goes back to the pencil", async () => {
  const { page } = await render(<List actions={{ onEdit: () => assert.fail("sent") }} />);
  for (const leave of [(field: Element) => press(field, "Escape"), () => click(byName(page, "Cancel"))]) {
    await click(byName(page, "Edit message"));
    const field = byName<HTMLTextAreaElement>(page, "Edit your message");
    assert.ok(field);
    await type(field, "Something else");
    await leave(field);
    assert.equal(page.querySelector(".bubble")?.textContent, "What is Rill?");
    assert.ok(document.activeElement === byName(page, "Edit message"));
  }
});

test("another version that comes in the place of an edited question is not being edited", async () => {
  const actions = { onEdit: () => true };
  const { page, draw } = await render(<List actions={actions} />);
  await click(byName(page, "Edit message"));
  await draw(<List messages={[{ ...question("Another"), id: "other" }, answer()]} actions={actions} />);
  assert.equal(page.querySelector(".bubble")?.textContent, "Another");
});

test("an empty text and one that is too long cannot be sent, and the length is told", async () => {
  const { page } = await render(<List actions={{ onEdit: () => assert.fail("sent") }} />);
  await click(byName(page, "Edit message"));
  const field = byName<HTMLTextAreaElement>(page, "Edit your message");
  assert.ok(field);
  for (const text of ["  ", "x".repeat(8_001)]) {
    await type(field, text);
    await press(field, "Enter");
    assert.equal(byName<HTMLButtonElement>(page, "Save & send")?.disabled, true);
  }
  assert.equal(page.querySelector('[role="alert"]')?.textContent, "8,001 of 8,000 characters");
});

test("Retry counts down while the server does not want to be asked, and works then", async (context) => {
  mockTimers(context, ["setInterval", "setTimeout"]);
  let now = 1_000_000;
  context.mock.method(Date, "now", () => now);
  let retries = 0;
  const error = { code: "MODEL_RATE_LIMITED", message: "Too many requests.", retryable: true };
  const failed = answer({ status: "error", content: "", error, retryAt: now + 12_000 });
  const { page } = await render(
    <List messages={[question(), failed]} actions={{ onRetry: () => (retries += 1) }} />,
  );
  const button = page.querySelector<HTMLButtonElement>(".retry");
  assert.deepEqual([button?.textContent, button?.disabled], ["Retry in 12 s", true]);
  now += 9_000;
  await settled(() => context.mock.timers.tick(9_000));
  assert.equal(button?.textContent, "Retry in 3 s");
  now += 3_000;
  await settled(() => context.mock.timers.tick(3_000));
  assert.deepEqual([button?.textContent, button?.disabled], ["Retry", false]);
  await click(button);
  assert.equal(retries, 1);
});

test("a failure that was read from the server long ago can be retried at once", async () => {
  const error = { code: "MODEL_RATE_LIMITED", message: "Busy.", retryable: true, retry_after_ms: 60_000 };
  const { page } = await render(
    <List messages={[question(), answer({ status: "error", error })]} actions={{ onRetry: () => {} }} />,
  );
  assert.equal(byName<HTMLButtonElement>(page, "Retry")?.disabled, false);
});

test("how an answer ended is told once: by the notice with Continue, else in its last line", async () => {
  const messages = [question(), answer({ status: "interrupted", usage: null })];
  const { page, draw } = await render(<List messages={messages} actions={{ onContinue: () => {} }} />);
  assert.equal(page.querySelector('[data-testid="meta"]')?.textContent, "llama3.2:3b");
  await draw(<List messages={[...messages, { ...question("And?"), id: "later" }]} />);
  assert.match(page.querySelector('[data-testid="meta"]')?.textContent ?? "", /^Interrupted/);
  assert.equal(byName(page, "Continue"), null, "only the last answer can be continued");
});

test("a slow connection can be replaced at a press", async () => {
  let tries = 0;
  const run = running({ slow: true, stages: [stage("generation")] });
  const { page } = await render(
    <Messages messages={[]} versions={alone} run={run} {...nothing} onTryNow={() => (tries += 1)} />,
  );
  await click(byName(page, "Try now"));
  assert.equal(tries, 1);
});
