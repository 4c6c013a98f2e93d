/**
 * The events of a run, as they are on the wire (see docs/protocol.md).
 *
 * Values that come from the server keep the server's snake_case names everywhere on the page, so that a
 * reader finds the same word in the protocol, in a recorded stream and in the code.
 */

/** The steps of the pipeline that the page shows, in the order in which they run. */
export type Stage = "routing" | "retrieval" | "reranking" | "generation";

export const STAGES: readonly Stage[] = ["routing", "retrieval", "reranking", "generation"];

/** A passage that the answer may cite as `[number]`. */
export interface Source {
  number: number;
  document_id: string;
  chunk_id: string;
  title: string;
  /** Where in the document the passage is ("Installation › Linux", "page 3"); may be empty. */
  locator: string;
  snippet: string;
  score: number;
  /** The page on which the passage begins, from 1; null for formats without pages. Absent in older answers. */
  page?: number | null;
  /** Where the passage stands, in UTF-8 bytes of the document's extracted text. Absent in older answers. */
  start?: number;
  end?: number;
  /** The document has been deleted since. */
  removed?: boolean;
}

/** Something went less well than it should have, and the run goes on. */
export interface StageWarning {
  stage: string;
  /** A sentence for the user. */
  message: string;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

/** Milliseconds, measured by the server; `first_token_ms` is null when the run ended before a token. */
export interface Timings {
  first_token_ms: number | null;
  total_ms: number;
}

export interface RunMetadata {
  session_id: string;
  run_id: string;
  /** The assistant message that this run writes. */
  message_id: string;
  /** The user message that it answers. */
  parent_id: string | null;
  model: string;
  provider: string;
}

/** A part of the pipeline that started. `candidates` comes with reranking only. */
export interface StageStarted {
  stage: Stage;
  status: "started";
  candidates?: number;
}

/** A part of the pipeline that is complete; each optional number belongs to one stage. */
export interface StageCompleted {
  stage: Stage;
  status: "complete";
  duration_ms: number;
  agent?: string;
  doc_count?: number;
  selected?: number;
  token_count?: number;
}

/** The run waits for a free place on the server. */
export interface Queued {
  /** 1: it is the next. */
  position: number;
}

export interface Snapshot {
  text: string;
  stage: Stage | null;
  sources: Source[];
}

export interface DoneContent {
  message_id: string;
  finish_reason: string;
  usage: Usage | null;
  timings: Timings | null;
}

export type CancelReason = "user" | "disconnected" | "shutdown";

export interface CancelledContent {
  message_id: string;
  reason: CancelReason;
}

export interface ErrorContent {
  /** One of the protocol's codes; a newer server may send one that this page does not know. */
  code: string;
  message: string;
  retryable: boolean;
  message_id?: string;
  retry_after_ms?: number;
}

type Event<Type extends string, Content> = {
  readonly type: Type;
  readonly content: Content;
  /**
   * When the server made the event: milliseconds since 1970 on the server's clock; null when it did not say.
   */
  readonly timestamp: number | null;
};

export type StageStartEvent = Event<`${Stage}_start`, StageStarted>;
export type StageCompleteEvent = Event<`${Stage}_complete`, StageCompleted>;
export type TerminalEvent =
  | Event<"done", DoneContent>
  | Event<"cancelled", CancelledContent>
  | Event<"error", ErrorContent>;

/** Every event that this page understands. Events of other types are ignored at the edge. */
export type RunEvent =
  | Event<"metadata", RunMetadata>
  | Event<"queued", Queued>
  | StageStartEvent
  | StageCompleteEvent
  | Event<"sources", { sources: Source[] }>
  | Event<"token", string>
  | Event<"snapshot", Snapshot>
  | Event<"warning", StageWarning>
  | TerminalEvent;

/** Whether the event is the last one of its run. */
export function isTerminal(event: RunEvent): event is TerminalEvent {
  return event.type === "done" || event.type === "cancelled" || event.type === "error";
}
