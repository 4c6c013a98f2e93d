import { isActive, type RunState } from "../stream/runState";
import type { ErrorContent, RunMetadata } from "../types/streaming";
import { isInterruption, NOT_CONTINUED } from "../stream/sentences";
import type { Message, MessageStatus } from "../types/rest";
import type { OpenConversation } from "./state";

const LOCAL = "local-";

/** Messages that only this page knows have ids of its own until the server says theirs. */
export function localId(uuid: string): string {
  return LOCAL + uuid;
}

export function isLocal(id: string): boolean {
  return id.startsWith(LOCAL);
}

/**
 * Failures after which the same run may still live: Retry tries it first, and asks again only when it is
 * gone.
 */
export const RESUMABLE: ReadonlySet<string> = new Set(["CONNECTION_LOST", "RECONNECT_CANCELLED"]);

/** Whether the last answer was interrupted and the server can go on from where its work was. */
export function canContinue({ run, messages }: OpenConversation): boolean {
  const last = messages[messages.length - 1];
  return !isActive(run) && last !== undefined && isContinuable(last);
}

/** Whether an answer was cut off by the end of its server, in a run that is kept. */
export function isContinuable({ role, status, run_id: runId, error }: Message): boolean {
  return (
    role === "assistant" && status === "interrupted" && Boolean(runId) && error?.code !== "NOT_CONTINUED"
  );
}

/** Whether Retry can help: nothing runs, and the last message is a failed answer whose error is retryable. */
export function canRetry(conversation: OpenConversation): boolean {
  if (isActive(conversation.run) || canContinue(conversation)) return false;
  const last = conversation.messages[conversation.messages.length - 1];
  if (last === undefined || last.role !== "assistant") return false;
  if (last.status === "interrupted") return last.error?.retryable ?? true;
  return last.status === "error" && (last.error?.retryable ?? false);
}

/** The answer that a message at the end of a branch follows, as far as the server knows it; undefined for none. */
export function lastAnswerOf(messages: readonly Message[]): string | undefined {
  const known = messages.filter(({ id }) => !isLocal(id));
  const last = known[known.length - 1];
  return last?.role === "assistant" ? last.id : undefined;
}

/** What is known of a run that writes an answer anew. */
export function metadataOf(answer: Message, runId: string): RunMetadata | null {
  const { session_id, id: message_id, parent_id, model, provider } = answer;
  if (session_id === null) return null;
  const [madeBy, from] = [model ?? "", provider ?? ""];
  return { session_id, run_id: runId, message_id, parent_id, model: madeBy, provider: from };
}

/** The message that a failed answer belongs to. */
export function questionOf(messages: readonly Message[], answer: Message): Message | null {
  const parent = messages.find((message) => message.id === answer.parent_id && message.role === "user");
  if (parent !== undefined) return parent;
  const before = messages.slice(0, messages.indexOf(answer)).filter((message) => message.role === "user");
  return before[before.length - 1] ?? null;
}

/**
 * What the server has, with what only this page knows of it, and with messages at the end that never reached the
 * server. An answer that claims to be running when no run is active was interrupted. What has not changed stays the
 * same object.
 */
export function merged(stored: readonly Message[], known: readonly Message[]): readonly Message[] {
  const byId = new Map(known.map((message) => [message.id, message]));
  const messages = stored.map((message) => withKnown(message, byId.get(message.id)));
  const ids = new Set(messages.map(({ id }) => id));
  const hasGrown = messages.some(({ id }) => !byId.has(id));
  for (const message of hasGrown ? [] : known) {
    if (!isLocal(message.id) || (message.parent_id !== null && !ids.has(message.parent_id))) continue;
    messages.push(message);
    ids.add(message.id);
  }
  return messages;
}

function withKnown(stored: Message, known: Message | undefined): Message {
  if (stored.status === "running") return known ?? { ...stored, status: "interrupted" };
  if (known === undefined) return stored;
  const isSame =
    known.status === stored.status &&
    known.content === stored.content &&
    known.run_id === stored.run_id &&
    known.parent_id === stored.parent_id &&
    known.error?.code === stored.error?.code;
  if (isSame) return known;
  // What a dead server had not stored yet is still on the page.
  const isShorter = stored.status === "interrupted" && known.content.startsWith(stored.content);
  if (isShorter && known.run_id === stored.run_id) return { ...stored, content: known.content };
  return known.receipt ? { ...stored, receipt: known.receipt } : stored;
}

/** An interrupted answer from which the server does not go on any more. */
export function notContinued(message: Message): Message {
  const { code, message: sentence, retryable } = NOT_CONTINUED;
  return { ...message, status: "interrupted", error: { code, message: sentence, retryable } };
}

const STATUS: Partial<Record<RunState["status"], MessageStatus>> = {
  done: "done",
  stopped: "cancelled",
  failed: "error",
};

/**
 * The message that a run that has ended leaves in the history.
 *
 * @param unnamed its id and its question's, for a run of which the server has said nothing
 */
export function messageOf(
  run: RunState,
  unnamed: { id: string; parent_id: string | null },
  now: number,
): Message {
  const { metadata, error } = run;
  const status = isInterruption(error) ? "interrupted" : STATUS[run.status];
  return {
    id: metadata?.message_id ?? unnamed.id,
    session_id: metadata?.session_id ?? null,
    parent_id: metadata?.parent_id ?? unnamed.parent_id,
    role: "assistant",
    content: run.text,
    status: status ?? "interrupted",
    created_at: new Date(now).toISOString(),
    run_id: run.runId,
    provider: metadata?.provider || null,
    model: metadata?.model || null,
    sources: run.sources,
    warnings: run.warnings,
    usage: run.usage,
    timings: run.timings,
    finish_reason: run.finishReason,
    error: errorOf(run),
    receipt: run.receipt,
    retryAt: error?.retryAfterMs ? now + error.retryAfterMs : null,
  };
}

function errorOf({ error }: RunState): ErrorContent | null {
  if (error === null) return null;
  const { code, message, retryable, retryAfterMs } = error;
  return { code, message, retryable, ...(retryAfterMs === null ? {} : { retry_after_ms: retryAfterMs }) };
}
