import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { App } from "../../src/App";
import { ErrorBoundary } from "../../src/components/ErrorBoundary";
import { exampleQuestions } from "../../src/components/EmptyState";
import { LazyPart } from "../../src/components/LazyPart";
import { modelLabel, modelSentence } from "../../src/components/modelLabel";
import { startTheme } from "../../src/components/theme";
import { INITIAL_STATE, type ChatState } from "../../src/store";
import { byName, click, press, render, type } from "./render";
import { answer, question, running, stage } from "./samples";

const server: ChatState["server"] = {
  status: "ready",
  provider: "extractive",
  model: "extractive",
  message: null,
  documents: 14,
};

function open(part: Partial<ChatState["current"]>): Partial<ChatState> {
  return { server, current: { ...INITIAL_STATE.current, id: "one", title: "What is Rill?", ...part } };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

test("an empty conversation says what answers, and its example questions can be asked", async () => {
  const asked: string[] = [];
  const { page } = await render(<App />, { server }, { send: (text) => asked.push(text) > 0 });
  assert.match(
    page.querySelector('[data-testid="server-facts"]')?.textContent ?? "",
    /Built-in extractive answers: quotes sentences from your documents, no AI model.*14 documents/,
  );
  for (const text of exampleQuestions) await click(byName(page, text));
  assert.deepEqual(asked, [...exampleQuestions]);
  assert.equal(document.title, "Rill");
});

test("models are named without their server's folders", () => {
  assert.equal(modelLabel("openai", "/models/SmolLM2-135M.gguf"), "SmolLM2-135M");
  assert.equal(modelLabel("openai", "llama3.2:3b"), "llama3.2:3b");
  assert.equal(modelLabel(null, null), "");
  assert.equal(modelSentence("openai", "llama3.2:3b"), "Answers are written by llama3.2:3b");
});

test("the page is named after the conversation, in the title and in its only h1", async () => {
  const { page } = await render(<App />, open({ messages: [question(), answer()] }));
  assert.equal(document.title, "What is Rill? · Rill");
  assert.deepEqual(
    [...page.querySelectorAll("h1")].map((heading) => heading.textContent),
    ["What is Rill?"],
  );
});

test("Esc stops the answer from anywhere, but not while a dialog is open", async () => {
  let stops = 0;
  const state = open({ messages: [question(), answer()], run: running({ stages: [stage("generation")] }) });
  const { page } = await render(<App />, state, { stop: () => (stops += 1) });
  await press(document.body, "Escape");
  assert.equal(stops, 1);
  await click(byName(page, "Source 1: README"));
  await press(page.querySelector("dialog") ?? page, "Escape");
  assert.equal(stops, 1);
});

test("without a run Esc does nothing", async () => {
  await render(<App />, open({}), { stop: () => assert.fail("stopped") });
  await press(document.body, "Escape");
});

test("the end of an answer is announced once, politely, and no token is", async () => {
  const run = running({ text: "Rill", stages: [stage("generation")] });
  const { page, store } = await render(<App />, open({ messages: [question()], run }));
  const announcer = page.querySelector('[data-testid="announcer"]');
  assert.equal(announcer?.getAttribute("aria-live"), "polite");
  assert.equal(announcer?.textContent, "");
  assert.equal(page.querySelector(".markdown")?.closest("[aria-live], [role=log], [role=status]"), null);
  const { act } = await import("react-dom/test-utils");
  act(() => store.setState(open({ messages: [question(), answer()], run: { ...run, status: "done" } })));
  assert.equal(announcer?.textContent, "The answer is complete.");
});

test("the server's token is asked for, and told when it was refused", async () => {
  const tokens: string[] = [];
  const state = { needsToken: true, tokenRejected: true };
  const { page } = await render(<App />, state, { setToken: (token) => tokens.push(token) });
  const dialog = page.querySelector('dialog[aria-label="Access token"]');
  assert.match(dialog?.querySelector('[role="alert"]')?.textContent ?? "", /did not accept/);
  const input = dialog?.querySelector("input");
  assert.ok(input);
  await type(input, " secret ");
  await click(byName(page, "Continue"));
  assert.deepEqual(tokens, ["secret"]);
});

test("the theme goes from the system's to light to dark and is kept", async () => {
  startTheme();
  const { page } = await render(<App />, open({}));
  const toggle = (): HTMLElement | null => page.querySelector('[aria-label^="Theme:"]');
  await click(toggle());
  assert.equal(localStorage.getItem("rill.theme"), "light");
  await click(toggle());
  assert.equal(document.documentElement.dataset["theme"], "dark");
  assert.equal(localStorage.getItem("rill.theme"), "dark");
  await click(toggle());
  assert.equal(localStorage.getItem("rill.theme"), null);
});

test("being offline is told, above what is being written", async () => {
  const { page } = await render(<App />, { ...open({}), online: false });
  assert.match(page.querySelector('[data-testid="offline"]')?.textContent ?? "", /^You are offline\./);
});

test("a conversation that does not exist offers a new one instead of a retry", async () => {
  const state = open({ status: "failed", notFound: true, error: "There is no such conversation." });
  let made = 0;
  const { page } = await render(<App />, state, { newConversation: () => (made += 1) });
  assert.match(page.querySelector('[role="alert"]')?.textContent ?? "", /There is no such conversation\./);
  assert.equal(byName(page, "Load again"), null);
  await click(byName(page, "Start a new chat"));
  assert.equal(made, 1);
});

test("a part that cannot be drawn or loaded leaves its fallback and the rest of the page", async (context) => {
  context.mock.method(console, "error", () => {});
  const Broken = (): never => {
    throw new Error("broken");
  };
  const { page } = await render(
    <>
      <p>rest</p>
      <LazyPart fallback={<i>fallback</i>}>
        <Broken />
      </LazyPart>
      <ErrorBoundary fallback={(reset) => <button onClick={reset}>again</button>}>
        <Broken />
      </ErrorBoundary>
    </>,
  );
  assert.equal(page.textContent, "restfallbackagain");
});
