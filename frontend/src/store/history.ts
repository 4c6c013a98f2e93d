import { isActive, type RunState } from "../stream/runState";
import type { ErrorContent } from "../types/streaming";
import type { Message, MessageStatus, StopReceipt } from "../types/rest";
import type { OpenConversation } from "./state";

const LOCAL = "local-";

/** Messages that only this page knows have ids of its own until the server says theirs. */
export function localId(uuid: string): string {
  return LOCAL + uuid;
}

export function isLocal(id: string): boolean {
  return id.startsWith(LOCAL);
}

/** Whether Retry can help: nothing runs, and the last message is a failed answer whose error is retryable. */
export function canRetry(conversation: OpenConversation): boolean {
  if (isActive(conversation.run)) return false;
  const last = conversation.messages[conversation.messages.length - 1];
  if (last === undefined || last.role !== "assistant") return false;
  if (last.status === "interrupted") return last.error?.retryable ?? true;
  return last.status === "error" && (last.error?.retryable ?? false);
}

/** The message that a failed answer belongs to. */
export function questionOf(messages: readonly Message[], answer: Message): Message | null {
  const parent = messages.find((message) => message.id === answer.parent_id && message.role === "user");
  if (parent !== undefined) return parent;
  const before = messages.slice(0, messages.indexOf(answer)).filter((message) => message.role === "user");
  return before[before.length - 1] ?? null;
}

/** The messages with one more; a message with the same id is replaced, so that none is there twice. */
export function withMessage(messages: readonly Message[], message: Message): readonly Message[] {
  if (!messages.some((other) => other.id === message.id)) return [...messages, message];
  return messages.map((other) => (other.id === message.id ? message : other));
}

/**
 * What a loaded conversation shows. The answer of the active run is drawn from its stream instead; an answer
 * that failed and was asked again gives way to the later one; and an answer that claims to be running when no
 * run is active was interrupted.
 */
export function shownMessages(messages: readonly Message[], activeMessageId: string | null): Message[] {
  const latestAnswer = new Map<string, string>();
  for (const { id, role, parent_id: parent } of messages) {
    if (role === "assistant" && parent !== null) latestAnswer.set(parent, id);
  }
  const shown = messages.filter(({ id, role, parent_id: parent, status }) => {
    if (id === activeMessageId) return false;
    return role === "user" || parent === null || status === "done" || latestAnswer.get(parent) === id;
  });
  return shown.map((message) => (message.status === "running" ? asInterrupted(message) : message));
}

function asInterrupted(message: Message): Message {
  return { ...message, status: "interrupted" };
}

/** Stored messages with the receipts that only this page has. */
export function withReceipts(stored: readonly Message[], known: readonly Message[]): Message[] {
  const receipts = new Map(known.map(({ id, receipt }) => [id, receipt ?? null]));
  return stored.map((message) => withReceipt(message, receipts.get(message.id) ?? null));
}

function withReceipt(message: Message, receipt: StopReceipt | null): Message {
  return receipt === null ? message : { ...message, receipt };
}

const STATUS: Partial<Record<RunState["status"], MessageStatus>> = {
  done: "done",
  stopped: "cancelled",
  failed: "error",
};

/** The message that a run that has ended leaves in the history. */
export function messageOf(run: RunState, fallbackId: string, now: number): Message {
  const { metadata } = run;
  return {
    id: metadata?.message_id ?? fallbackId,
    session_id: metadata?.session_id ?? null,
    parent_id: metadata?.parent_id ?? null,
    role: "assistant",
    content: run.text,
    status: STATUS[run.status] ?? "interrupted",
    created_at: new Date(now).toISOString(),
    run_id: run.runId,
    provider: metadata?.provider || null,
    model: metadata?.model || null,
    sources: run.sources,
    usage: run.usage,
    timings: run.timings,
    finish_reason: run.finishReason,
    error: errorOf(run),
    receipt: run.receipt,
  };
}

function errorOf({ error }: RunState): ErrorContent | null {
  if (error === null) return null;
  const { code, message, retryable, retryAfterMs } = error;
  return { code, message, retryable, ...(retryAfterMs === null ? {} : { retry_after_ms: retryAfterMs }) };
}
