import assert from "node:assert/strict";
import { createChatStore, type ChatStore } from "../../src/store";
import { FakeBrowser, FakeEnvironment, settle } from "./fakeEnvironment";
import { loadFixtures } from "./fixtures";
import type { ExpectedRun } from "./replay";
import { json, ScriptedServer } from "./scriptedServer";

const recorded = loadFixtures<ExpectedRun>("streams", "sse");

function expectedOf(name: string): ExpectedRun {
  const fixture = recorded.find((other) => other.name === name);
  assert.ok(fixture);
  return fixture.expected;
}

/** The ids of the recorded question, which the scripted server uses as well. */
export const ids = expectedOf("question");
export const { session_id: SESSION, parent_id: QUESTION, message_id: ANSWER } = ids;
export const ASK = "POST /chat/stream";
export const DETAIL = `GET /sessions/${SESSION}`;
export const MESSAGES = `GET /sessions/${SESSION}/messages`;
const time = "2026-01-02T03:00:00.000Z";

export function bytesOf(name: string): Uint8Array {
  const fixture = recorded.find((other) => other.name === name);
  assert.ok(fixture);
  return fixture.bytes;
}

export const session = (id = SESSION, title = "A title") => ({
  id,
  title,
  created_at: time,
  updated_at: time,
});
export const user = (content = "Question", id = QUESTION) => ({
  ...{ id, session_id: SESSION, parent_id: null, role: "user", content, status: "done", created_at: time },
});
export const answer = (status = "done", more: Record<string, unknown> = {}) => ({
  ...{
    id: ANSWER,
    session_id: SESSION,
    parent_id: QUESTION,
    role: "assistant",
    content: "Stored.",
    status,
    created_at: time,
  },
  ...{
    run_id: ids.run_id,
    provider: "extractive",
    model: "extractive",
    sources: [],
    usage: null,
    timings: null,
  },
  ...{ finish_reason: null, error: null, ...more },
});
export const activeRun = { run_id: ids.run_id, message_id: ANSWER, parent_id: QUESTION };
export const ready = {
  ...{ status: "ready", provider: "extractive", model: "extractive", documents: 12 },
  checks: { store: { ok: true, message: "" }, model: { ok: true, message: "" } },
};

/** A page with its own store, clock, address bar and server. */
export class Page {
  readonly server = new ScriptedServer();
  readonly browser = new FakeBrowser();
  readonly environment = new FakeEnvironment(this.server.fetch, this.browser);
  store!: ChatStore;

  constructor() {
    this.server
      .on("GET /ready", json(ready))
      .on("GET /sessions", json({ sessions: [session()], next_cursor: null }))
      .on(DETAIL, json({ ...session(), active_run: null }))
      .on(MESSAGES, json({ messages: [] }))
      .on(ASK, this.server.stream);
  }

  async open(path = "/"): Promise<this> {
    this.environment.location.replace(path);
    this.environment.visited.length = 0;
    this.store = createChatStore(this.environment);
    this.store.start();
    await settle();
    return this;
  }

  get state() {
    return this.store.getState();
  }

  get current() {
    return this.state.current;
  }

  get contents(): string[] {
    return this.current.messages.map(({ role, content, status }) => `${role} ${status}: ${content}`);
  }

  /** Sends a message and lets the server answer with a recorded stream. */
  async ask(stream: string, text = "Question"): Promise<void> {
    assert.ok(this.store.send(text));
    await settle();
    this.server.last.send(bytesOf(stream));
    await this.frame();
  }

  /** The body of a request that was sent. */
  asked(index: number): Record<string, unknown> {
    const request = this.server.seen(ASK)[index];
    assert.ok(request, `only ${index} requests were sent`);
    return request.body as Record<string, unknown>;
  }

  /** One drawing of the page. */
  frame(): Promise<void> {
    return this.environment.advance(16);
  }
}
