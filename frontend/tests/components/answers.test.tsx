import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageList } from "../../src/components/MessageList";
import { answerFacts } from "../../src/components/answerFacts";
import type { TurnActions } from "../../src/components/turnActions";
import type { Version } from "../../src/store/messageTree";
import { formatDuration, formatElapsed } from "../../src/components/durations";
import { passageText } from "../../src/components/passage";
import { IDLE_RUN, type ReconnectState, type RunState } from "../../src/stream/runState";
import type { Message, StopReceipt } from "../../src/types/rest";
import { byName, click, render } from "./render";
import { alone, answer, nothing, question, running, sources, stage } from "./samples";

const receipt: StopReceipt = {
  run_id: "run",
  status: "cancelled",
  last_event_id: 9,
  token_count: 41,
  stopped_in_ms: 12,
};

interface ListProps {
  messages?: readonly Message[];
  run?: RunState;
  versions?: ReadonlyMap<string, Version>;
  actions?: Partial<TurnActions>;
}

const none: readonly Message[] = [];

function List({ messages = none, run = IDLE_RUN, versions = alone, actions }: ListProps) {
  return <MessageList {...{ messages, run, versions }} {...nothing} {...actions} />;
}

const factRows: readonly (readonly [string, Message, string[]])[] = [
  ["a complete answer", answer(), ["3.2 s", "1,234 tokens", "llama3.2:3b"]],
  [
    "a stopped one with its receipt",
    answer({ status: "cancelled", receipt, usage: null, timings: null }),
    ["Stopped in 12 ms", "41 tokens", "llama3.2:3b"],
  ],
  ["a stopped one", answer({ status: "cancelled", usage: null, timings: null }), ["Stopped", "llama3.2:3b"]],
  ["an interrupted one", answer({ status: "interrupted", usage: null }), ["Interrupted", "llama3.2:3b"]],
  ["a failed one with text", answer({ status: "error", usage: null }), ["Incomplete", "llama3.2:3b"]],
  [
    "a quoted one",
    answer({ provider: "extractive", model: "extractive", usage: null }),
    ["3.2 s", "Extractive"],
  ],
  [
    "one at the model's limit",
    answer({ usage: null, finish_reason: "length" }),
    ["3.2 s", "Cut at the model's length limit", "llama3.2:3b"],
  ],
];
for (const [name, message, facts] of factRows) {
  test(`the facts of ${name}`, () => assert.deepEqual(answerFacts(message), facts));
}

test("durations are short and exact enough", () => {
  assert.deepEqual([0.2, 12.4, 480, 3240, 61_000].map(formatDuration), [
    "under 1 ms",
    "12 ms",
    "0.48 s",
    "3.2 s",
    "1 min 1 s",
  ]);
  assert.deepEqual([400, 12_900, 65_000].map(formatElapsed), ["0.4 s", "12 s", "1:05"]);
});

test("a running answer keeps its element when it becomes a message", async () => {
  const metadata = {
    session_id: "session",
    run_id: "run",
    message_id: "answer",
    parent_id: "question",
    model: "m",
    provider: "openai",
  };
  const run = running({ metadata, text: "Rill answers", sources, stages: [stage("generation")] });
  const { page, draw } = await render(<List messages={[question()]} run={run} />);
  const element = page.querySelector('[data-testid="answer"]');
  const paragraph = page.querySelector(".markdown p");
  assert.equal(element?.getAttribute("data-status"), "running");
  assert.equal(page.querySelector('[data-testid="sources"]'), null);
  await draw(<List messages={[question(), answer()]} />);
  assert.ok(page.querySelector('[data-testid="answer"]') === element);
  assert.ok(page.querySelector(".markdown p") === paragraph);
  assert.equal(element?.getAttribute("data-status"), "done");
  assert.equal(page.querySelector('[data-testid="stage"]'), null);
  assert.equal(page.querySelectorAll(".source-card").length, 2);
});

test("a citation opens its passage, which leads to the others and closes", async () => {
  const { page } = await render(<List messages={[question(), answer()]} />);
  await click(byName(page, "Source 1: README"));
  const dialog = page.querySelector("dialog");
  assert.equal(dialog?.getAttribute("aria-label"), "Source 1: README");
  assert.match(dialog?.textContent ?? "", /What it is.*Passage 1.*Score 1\.00/s);
  await click(byName(page, "Next source"));
  assert.match(page.querySelector("dialog")?.textContent ?? "", /Passage 2.*Score 0\.50.*2 of 2/s);
  assert.equal(byName<HTMLButtonElement>(page, "Next source")?.disabled, true);
  await click(byName(page.querySelector("dialog") ?? page, "Close"));
  assert.equal(page.querySelector("dialog"), null);
});

test("a source's card opens the same passage", async () => {
  const { page } = await render(<List messages={[question(), answer()]} />);
  await click(page.querySelectorAll(".source-card")[1] ?? null);
  assert.match(page.querySelector("dialog")?.textContent ?? "", /Passage 2/);
});

const timeout = { code: "TIMEOUT", message: "The model has been silent for 30 seconds.", retryable: true };

test("an error is an alert with its sentence; Retry is there only when it can help", async () => {
  let retries = 0;
  const messages = [question(), answer({ status: "error", content: "", error: timeout })];
  const { page, draw } = await render(
    <List messages={messages} actions={{ onRetry: () => (retries += 1) }} />,
  );
  const card = page.querySelector('[role="alert"][data-testid="error"]');
  assert.match(card?.textContent ?? "", /The model has been silent for 30 seconds\./);
  assert.equal(card?.getAttribute("data-code"), "TIMEOUT");
  await click(byName(page, "Retry"));
  assert.equal(retries, 1);
  await draw(<List messages={messages} />);
  assert.equal(byName(page, "Retry"), null);
});

test("a failure further up is told quietly and cannot be retried", async () => {
  const failed = answer({ status: "error", error: timeout });
  const later = [question(), failed, { ...question("And now?"), id: "later" }, answer({ id: "second" })];
  const { page } = await render(<List messages={later} actions={{ onRetry: () => {} }} />);
  assert.equal(page.querySelector('[role="alert"]'), null);
  assert.match(page.textContent ?? "", /silent for 30 seconds/);
  assert.equal(byName(page, "Retry"), null);
});

test("an interrupted answer says so calmly, keeps its text, and goes on when it is continued", async () => {
  let continued = 0;
  const messages = [question(), answer({ status: "interrupted" })];
  const { page } = await render(
    <List messages={messages} actions={{ onContinue: () => (continued += 1) }} />,
  );
  assert.match(page.querySelector(".markdown")?.textContent ?? "", /Rill answers from documents/);
  assert.equal(page.querySelector('[role="alert"]'), null);
  assert.match(
    page.querySelector('[data-testid="interrupted"]')?.textContent ?? "",
    /^The server restarted while this was being written\./,
  );
  await click(byName(page, "Continue"));
  assert.equal(continued, 1);
});

test("an interrupted answer that cannot be continued still gets a sentence, and Retry", async () => {
  const messages = [question(), answer({ status: "interrupted" })];
  const { page } = await render(<List messages={messages} actions={{ onRetry: () => {} }} />);
  assert.match(page.querySelector('[role="alert"]')?.textContent ?? "", /The server restarted/);
  assert.ok(byName(page, "Retry"));
});

test("an answer that was stopped before its first word says so, without an error", async () => {
  const { page } = await render(
    <List messages={[question(), answer({ status: "cancelled", content: "", receipt })]} />,
  );
  assert.match(page.textContent ?? "", /Stopped before the first word\./);
  assert.match(page.textContent ?? "", /Stopped in 12 ms/);
  assert.equal(page.querySelector('[role="alert"]'), null);
});

const lost: ReconnectState = {
  attempt: 2,
  maxAttempts: 3,
  phase: "countdown",
  retryAt: Date.now() + 4_000,
  reason: "The connection to the server broke.",
};

test("a lost connection shows why, when the next try is, and the ways to hasten and to end it", async () => {
  const calls: string[] = [];
  const run = running({ status: "reconnecting", text: "Rill", reconnect: lost });
  const { page } = await render(
    <List
      run={run}
      actions={{ onTryNow: () => calls.push("now"), onCancelRetry: () => calls.push("cancel") }}
    />,
  );
  const notice = page.querySelector('[data-testid="reconnect"]');
  assert.equal(notice?.querySelector('[role="status"]')?.textContent, "The connection to the server broke.");
  assert.match(
    notice?.querySelector(".countdown")?.textContent ?? "",
    /^Trying again in [345] s · try 2 of 3$/,
  );
  assert.equal(page.querySelector('[data-testid="stage"]'), null);
  await click(byName(page, "Try now"));
  await click(byName(page, "Cancel retry"));
  assert.deepEqual(calls, ["now", "cancel"]);
});

test("without a network there is nothing to hasten", async () => {
  const run = running({ status: "reconnecting", reconnect: { ...lost, phase: "offline", retryAt: null } });
  const { page } = await render(<List run={run} />);
  assert.match(page.querySelector('[role="status"]')?.textContent ?? "", /^You are offline\./);
  assert.equal(byName(page, "Try now"), null);
  assert.ok(byName(page, "Cancel retry"));
});

test("a slow connection is not the same as a stuck one: the stage stays, with a notice", async () => {
  const { page } = await render(<List run={running({ slow: true, stages: [stage("generation")] })} />);
  assert.ok(page.querySelector('[data-testid="stage"]'));
  assert.ok(page.querySelector('[data-testid="slow"]'));
});

test("the user's text is shown as it was written", async () => {
  const { page } = await render(<List messages={[question("<b>1 < 2</b>\n**as is**")]} />);
  assert.equal(page.querySelector(".bubble")?.textContent, "<b>1 < 2</b>\n**as is**");
});

test("a passage is shown without the headings that only say again where it is", () => {
  const source = { ...sources[0]!, title: "Documents", locator: "Guide › Adding" };
  const shown = (snippet: string): string => passageText({ ...source, snippet });
  assert.equal(shown("# Documents\n\n## Adding\n\nText.\n"), "Text.\n");
  assert.equal(shown("# Other\n\nText."), "# Other\n\nText.");
  assert.equal(shown("Text # Documents"), "Text # Documents");
  assert.equal(shown("# Documents"), "# Documents");
});
