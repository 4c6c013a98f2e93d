import { asArray, asObject, booleanAt, DecodeError, numberAt, oneOf, optional, stringAt } from "./decode";
import type { JSONObject } from "./decode";
import { STAGES } from "./streaming";
import type { CancelReason, DoneContent, ErrorContent, RunEvent, RunMetadata, Snapshot } from "./streaming";
import type { Source, Stage, StageCompleted, StageStarted, StageWarning, Timings, Usage } from "./streaming";

/** What the data of one frame turned out to be. */
export type ParsedEvent =
  | { kind: "event"; event: RunEvent }
  /** A type this page does not know: a newer server's, to be ignored. */
  | { kind: "unknown"; type: string }
  /** Not JSON, or a known type with other contents than the protocol says. `reason` is for the debug log. */
  | { kind: "malformed"; reason: string };

/** Reads the JSON of one frame. Never throws. */
export function parseEvent(data: string): ParsedEvent {
  try {
    const object = asObject(JSON.parse(data), "the event");
    const type = stringAt(object, "type");
    const content = readContent(type, object["content"]);
    if (content === null) return { kind: "unknown", type };
    const timestamp = Date.parse(optional(object, "timestamp", stringAt) ?? "");
    const event = { ...content, timestamp: Number.isNaN(timestamp) ? null : timestamp };
    return { kind: "event", event };
  } catch (error) {
    return { kind: "malformed", reason: error instanceof Error ? error.message : String(error) };
  }
}

type WithoutTimestamp<Event> = Event extends unknown ? Omit<Event, "timestamp"> : never;

function readContent(type: string, content: unknown): WithoutTimestamp<RunEvent> | null {
  switch (type) {
    case "token":
      if (typeof content !== "string") throw new DecodeError("a token's content is not a string");
      return { type, content };
    case "metadata":
      return { type, content: readMetadata(asObject(content, "content")) };
    case "queued":
      return { type, content: { position: numberAt(asObject(content, "content"), "position") } };
    case "sources":
      return { type, content: { sources: readSources(asObject(content, "content")) } };
    case "snapshot":
      return { type, content: readSnapshot(asObject(content, "content")) };
    case "warning":
      return { type, content: readWarning(asObject(content, "content")) };
    case "done":
      return { type, content: readDone(asObject(content, "content")) };
    case "cancelled":
      return { type, content: readCancelled(asObject(content, "content")) };
    case "error":
      return { type, content: readError(asObject(content, "content")) };
    default:
      return readStageEvent(type, content);
  }
}

function readStageEvent(type: string, content: unknown): WithoutTimestamp<RunEvent> | null {
  for (const stage of STAGES) {
    if (type === `${stage}_start`) {
      return { type: `${stage}_start`, content: readStarted(stage, asObject(content, "content")) };
    }
    if (type === `${stage}_complete`) {
      return { type: `${stage}_complete`, content: readCompleted(stage, asObject(content, "content")) };
    }
  }
  return null;
}

function readMetadata(content: JSONObject): RunMetadata {
  return {
    session_id: stringAt(content, "session_id"),
    run_id: stringAt(content, "run_id"),
    message_id: stringAt(content, "message_id"),
    parent_id: optional(content, "parent_id", stringAt),
    model: stringAt(content, "model"),
    provider: stringAt(content, "provider"),
  };
}

/** The stage is in the type as well as in the contents; the two must agree. */
function readStarted(stage: Stage, content: JSONObject): StageStarted {
  oneOf([stage])(content, "stage");
  const candidates = optional(content, "candidates", numberAt);
  return { stage, status: "started", ...(candidates === null ? {} : { candidates }) };
}

function readCompleted(stage: Stage, content: JSONObject): StageCompleted {
  oneOf([stage])(content, "stage");
  const completed: StageCompleted = {
    stage,
    status: "complete",
    duration_ms: numberAt(content, "duration_ms"),
  };
  const agent = optional(content, "agent", stringAt);
  if (agent !== null) completed.agent = agent;
  for (const key of ["doc_count", "selected", "token_count"] as const) {
    const count = optional(content, key, numberAt);
    if (count !== null) completed[key] = count;
  }
  return completed;
}

/** Also used for the sources of stored messages. */
export function readSources(content: JSONObject): Source[] {
  return asArray(content["sources"], "sources", readSource);
}

/** Adds the keys one by one: there may be ten thousand sources in a conversation, and spreading each costs more. */
function readSource(entry: unknown): Source {
  const json = asObject(entry, "a source");
  const source: Source = {
    number: numberAt(json, "number"),
    document_id: stringAt(json, "document_id"),
    chunk_id: stringAt(json, "chunk_id"),
    title: stringAt(json, "title"),
    locator: optional(json, "locator", stringAt) ?? "",
    snippet: stringAt(json, "snippet"),
    score: optional(json, "score", numberAt) ?? 0,
  };
  // Where it stands; servers before documents could be opened do not say it.
  if ("page" in json) source.page = optional(json, "page", numberAt);
  for (const key of ["start", "end"] as const) {
    const offset = optional(json, key, numberAt);
    if (offset !== null) source[key] = offset;
  }
  if (json["removed"] === true) source.removed = true;
  return source;
}

function readWarning(content: JSONObject): StageWarning {
  return { stage: stringAt(content, "stage"), message: stringAt(content, "message") };
}

function readSnapshot(content: JSONObject): Snapshot {
  return {
    text: stringAt(content, "text"),
    stage: optional(content, "stage", oneOf(STAGES)),
    sources: readSources(content),
  };
}

function readDone(content: JSONObject): DoneContent {
  return {
    message_id: stringAt(content, "message_id"),
    finish_reason: stringAt(content, "finish_reason"),
    usage: optional(content, "usage", readUsage),
    timings: optional(content, "timings", readTimings),
  };
}

/** Providers that do not count leave a number out. */
export function readUsage(object: JSONObject, key: string): Usage {
  const usage = asObject(object[key], key);
  return {
    prompt_tokens: optional(usage, "prompt_tokens", numberAt) ?? 0,
    completion_tokens: optional(usage, "completion_tokens", numberAt) ?? 0,
  };
}

export function readTimings(object: JSONObject, key: string): Timings {
  const timings = asObject(object[key], key);
  return {
    first_token_ms: optional(timings, "first_token_ms", numberAt),
    total_ms: numberAt(timings, "total_ms"),
  };
}

const CANCEL_REASONS: readonly CancelReason[] = ["user", "disconnected", "shutdown"];

function readCancelled(content: JSONObject) {
  return { message_id: stringAt(content, "message_id"), reason: oneOf(CANCEL_REASONS)(content, "reason") };
}

export function readError(content: JSONObject): ErrorContent {
  const error: ErrorContent = {
    code: stringAt(content, "code"),
    message: stringAt(content, "message"),
    retryable: booleanAt(content, "retryable"),
  };
  const messageId = optional(content, "message_id", stringAt);
  if (messageId !== null) error.message_id = messageId;
  const retryAfter = optional(content, "retry_after_ms", numberAt);
  if (retryAfter !== null) error.retry_after_ms = retryAfter;
  return error;
}
