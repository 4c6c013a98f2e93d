import { asArray, asObject, booleanAt, numberAt, oneOf, optional, stringAt } from "./decode";
import type { JSONObject } from "./decode";
import { readError, readSources, readTimings, readUsage } from "./parseEvent";
import type {
  ActiveRun,
  Message,
  MessagePage,
  MessageStatus,
  Problem,
  Readiness,
  RunStatusReport,
} from "./rest";
import type { Session, SessionDetail, SessionPage, StopReceipt } from "./rest";

const MESSAGE_STATUSES: readonly MessageStatus[] = ["running", "done", "cancelled", "error", "interrupted"];

/**
 * Each function reads the JSON of one answer and throws `DecodeError` when it is not what the protocol says.
 */
export function readSession(json: unknown): Session {
  const session = asObject(json, "a session");
  return {
    id: stringAt(session, "id"),
    title: stringAt(session, "title"),
    created_at: stringAt(session, "created_at"),
    updated_at: stringAt(session, "updated_at"),
  };
}

export function readSessionDetail(json: unknown): SessionDetail {
  const active_run = optional(asObject(json, "a session"), "active_run", readActiveRun);
  return { ...readSession(json), active_run };
}

function readActiveRun(object: JSONObject, key: string): ActiveRun {
  const run = asObject(object[key], key);
  return {
    run_id: stringAt(run, "run_id"),
    message_id: optional(run, "message_id", stringAt),
    parent_id: optional(run, "parent_id", stringAt),
  };
}

export function readSessionPage(json: unknown): SessionPage {
  const page = asObject(json, "the list");
  return {
    sessions: asArray(page["sessions"], "sessions", readSession),
    next_cursor: optional(page, "next_cursor", stringAt),
  };
}

export function readMessagePage(json: unknown): MessagePage {
  const page = asObject(json, "the answer");
  return {
    messages: asArray(page["messages"], "messages", readMessage),
    next_cursor: optional(page, "next_cursor", stringAt),
  };
}

function readMessage(json: unknown): Message {
  const message = asObject(json, "a message");
  return {
    id: stringAt(message, "id"),
    session_id: stringAt(message, "session_id"),
    parent_id: optional(message, "parent_id", stringAt),
    role: oneOf(["user", "assistant"] as const)(message, "role"),
    content: stringAt(message, "content"),
    status: optional(message, "status", oneOf(MESSAGE_STATUSES)) ?? "done",
    created_at: stringAt(message, "created_at"),
    run_id: optional(message, "run_id", stringAt),
    provider: optional(message, "provider", stringAt),
    model: optional(message, "model", stringAt),
    sources: message["sources"] ? readSources(message) : [],
    usage: optional(message, "usage", readUsage),
    timings: optional(message, "timings", readTimings),
    finish_reason: optional(message, "finish_reason", stringAt),
    error: optional(message, "error", (object, key) => readError(asObject(object[key], key))),
  };
}

export function readRunStatus(json: unknown): RunStatusReport {
  const run = asObject(json, "the run");
  return {
    run_id: stringAt(run, "run_id"),
    session_id: stringAt(run, "session_id"),
    message_id: optional(run, "message_id", stringAt),
    parent_id: optional(run, "parent_id", stringAt),
    status: oneOf(MESSAGE_STATUSES)(run, "status"),
    last_event_id: numberAt(run, "last_event_id"),
    token_count: numberAt(run, "token_count"),
  };
}

export function readStopReceipt(json: unknown): StopReceipt {
  const receipt = asObject(json, "the receipt");
  return {
    run_id: stringAt(receipt, "run_id"),
    status: stringAt(receipt, "status"),
    last_event_id: numberAt(receipt, "last_event_id"),
    token_count: numberAt(receipt, "token_count"),
    stopped_in_ms: numberAt(receipt, "stopped_in_ms"),
  };
}

export function readReadiness(json: unknown): Readiness {
  const readiness = asObject(json, "the answer");
  const checks = asObject(readiness["checks"], "checks");
  const check = (key: string) => {
    const entry = asObject(checks[key], key);
    return { ok: booleanAt(entry, "ok"), message: optional(entry, "message", stringAt) ?? "" };
  };
  return {
    status: oneOf(["ready", "unavailable"] as const)(readiness, "status"),
    provider: stringAt(readiness, "provider"),
    model: stringAt(readiness, "model"),
    checks: { store: check("store"), model: check("model") },
    documents: numberAt(readiness, "documents"),
  };
}

/** A problem document (RFC 9457) of the server's. */
export function readProblem(json: unknown): Problem {
  const object = asObject(json, "the problem");
  const problem: Problem = {
    status: numberAt(object, "status"),
    title: stringAt(object, "title"),
    detail: optional(object, "detail", stringAt) ?? stringAt(object, "title"),
    code: stringAt(object, "code"),
    retryable: optional(object, "retryable", booleanAt) ?? false,
  };
  const field = optional(object, "field", stringAt);
  if (field !== null) problem.field = field;
  const runId = optional(object, "run_id", stringAt);
  if (runId !== null) problem.run_id = runId;
  const retryAfter = optional(object, "retry_after_ms", numberAt);
  if (retryAfter !== null) problem.retry_after_ms = retryAfter;
  return problem;
}
