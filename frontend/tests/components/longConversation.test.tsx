import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { MessageList } from "../../src/components/MessageList";
import { IDLE_RUN, type RunState } from "../../src/stream/runState";
import type { Message } from "../../src/types/rest";
import { render, settled } from "./render";
import { alone, answer, nothing, question, running } from "./samples";

/** What waits for the browser to be idle; it is never so by itself here. */
let waiting: (() => void)[] = [];

beforeEach(() => {
  waiting = [];
  const handles = new Map<number, () => void>();
  globalThis.requestIdleCallback = (callback) => {
    const work = (): void => callback({ didTimeout: false, timeRemaining: () => 10 });
    waiting.push(work);
    return handles.set(handles.size, work).size - 1;
  };
  globalThis.cancelIdleCallback = (handle) => {
    waiting = waiting.filter((work) => work !== handles.get(handle));
  };
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, "requestIdleCallback");
  Reflect.deleteProperty(globalThis, "cancelIdleCallback");
});

/** Lets the browser be idle once. Says whether anything had waited for that. */
async function idle(): Promise<boolean> {
  const [work] = waiting.splice(0, 1);
  if (work) await settled(work);
  return work !== undefined;
}

function conversation(count: number): Message[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? { ...question(`Question ${index}`), id: `${index}` }
      : answer({ id: `${index}`, content: `Answer ${index}` }),
  );
}

function List({ messages, run = IDLE_RUN }: { messages: readonly Message[]; run?: RunState }) {
  return <MessageList messages={messages} versions={alone} run={run} {...nothing} />;
}

function textsIn(page: HTMLElement): string[] {
  return [...page.querySelectorAll(".bubble, .markdown")].map((element) => element.textContent ?? "");
}

const texts = (messages: readonly Message[]): string[] => messages.map(({ content }) => content);

test("what is drawn when a conversation is opened does not grow with the conversation", async () => {
  for (const count of [100, 1_001]) {
    const messages = conversation(count);
    const { page } = await render(<List messages={messages} />);
    const shown = textsIn(page);
    assert.ok(shown.length >= 5 && shown.length <= 8, `${shown.length} messages`);
    assert.deepEqual(shown, texts(messages.slice(-shown.length)), "its end is shown");
  }
});

test("all of it is there once the browser has been idle, in its order, and nothing is drawn anew", async () => {
  const messages = conversation(101);
  const { page } = await render(<List messages={messages} />);
  const last = page.querySelector(".turns:last-child > :last-child");
  let times = 0;
  while (await idle()) times += 1;
  assert.ok(times > 3);
  assert.deepEqual(textsIn(page), texts(messages));
  assert.equal(page.querySelector(".turns:last-child > :last-child"), last);
});

test("earlier messages are drawn before the ones that are there, which keep their elements", async () => {
  const messages = conversation(31);
  const { page, draw } = await render(<List messages={messages.slice(22)} />);
  while (await idle());
  const before = [...page.querySelectorAll(".question, .answer")];
  assert.equal(before.length, 9);
  await draw(<List messages={messages.slice(9)} />);
  while (await idle());
  await draw(<List messages={messages} />);
  while (await idle());
  assert.deepEqual(textsIn(page), texts(messages));
  assert.deepEqual([...page.querySelectorAll(".question, .answer")].slice(-9), before);
});

test("what is drawn while earlier messages come does not grow with them", async () => {
  const messages = conversation(1_000);
  const { page, draw } = await render(<List messages={messages.slice(970)} />);
  const first = textsIn(page).length;
  await draw(<List messages={messages.slice(770)} />);
  await draw(<List messages={messages} />);
  assert.equal(textsIn(page).length, first);
});

test("messages that are not here yet have their place, and when they could not be read a button", async () => {
  const messages = conversation(9);
  let wanted = 0;
  const list = (earlier: "none" | "loading" | "failed") => (
    <MessageList
      messages={messages}
      versions={alone}
      run={IDLE_RUN}
      earlier={earlier}
      onLoadEarlier={() => (wanted += 1)}
      {...nothing}
    />
  );
  const { page, draw } = await render(list("loading"));
  assert.equal(page.querySelector('[role="status"].earlier')?.textContent, "Loading earlier messages…");
  await draw(list("failed"));
  assert.equal(page.querySelector(".earlier")?.textContent, "Earlier messages could not be loaded. Retry");
  page.querySelector<HTMLButtonElement>(".earlier button")?.click();
  assert.equal(wanted, 1);
  await draw(list("none"));
  assert.equal(page.querySelector(".earlier"), null);
});

test("a branch with less before its end is shown whole where it is short", async () => {
  const messages = conversation(101);
  const { page, draw } = await render(<List messages={messages} />);
  await draw(<List messages={messages.slice(0, 3)} />);
  assert.deepEqual(textsIn(page), texts(messages.slice(0, 3)));
});

test("a frame of a running answer does not look at the messages far above it", async () => {
  let looks = 0;
  const messages = conversation(64).map((message) => {
    const { content } = message;
    return Object.defineProperty({ ...message }, "content", {
      get() {
        looks += 1;
        return content;
      },
    });
  });
  const run = (text: string): RunState => running({ text, tail: { start: 0, text } });
  const { page, draw } = await render(<List messages={messages} run={run("The")} />);
  while (await idle());
  assert.equal(textsIn(page).length, 65);
  looks = 0;
  for (const text of ["The river", "The river keeps", "The river keeps its bed"]) {
    await draw(<List messages={messages} run={run(text)} />);
  }
  assert.equal(textsIn(page)[64], "The river keeps its bed");
  assert.ok(looks < 3 * 8, `${looks} looks`);
});

test("a running answer keeps its element when it begins a section and becomes a message", async () => {
  const messages = conversation(16);
  const text = "The river";
  const run = running({ text, tail: { start: 0, text } });
  const { page, draw } = await render(<List messages={messages} run={run} />);
  const before = page.querySelector('[data-status="running"] .markdown');
  await draw(<List messages={[...messages, answer({ id: "16", content: text })]} />);
  assert.ok(before);
  assert.equal([...page.querySelectorAll(".markdown")].pop(), before);
});
