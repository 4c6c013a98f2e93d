import type { ErrorContent, Source, StageWarning, Timings, Usage } from "./streaming";

/** A conversation, as the list shows it. Times are RFC 3339. */
export interface Session {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
}

/** The run that is answering in a session right now. */
export interface ActiveRun {
  run_id: string;
  /** Both are null for a moment, while the run is being planned. */
  message_id: string | null;
  parent_id: string | null;
}

export interface SessionDetail extends Session {
  active_run: ActiveRun | null;
}

export interface SessionPage {
  sessions: Session[];
  next_cursor: string | null;
}

/** A part of a conversation, read from its end. */
export interface MessagePage {
  /** Oldest first. */
  messages: Message[];
  /** Of the messages before these; null when the conversation begins with these. */
  next_cursor: string | null;
}

export type MessageStatus = "running" | "done" | "cancelled" | "error" | "interrupted";

/** The server's answer to Stop: what it had produced, and how long stopping took. */
export interface StopReceipt {
  run_id: string;
  status: string;
  last_event_id: number;
  token_count: number;
  stopped_in_ms: number;
}

/** A message of a conversation; the optional parts belong to the assistant's messages. */
export interface Message {
  id: string;
  session_id: string | null;
  parent_id: string | null;
  role: "user" | "assistant";
  content: string;
  status: MessageStatus;
  created_at: string;
  run_id?: string | null;
  provider?: string | null;
  model?: string | null;
  sources?: readonly Source[];
  usage?: Usage | null;
  timings?: Timings | null;
  finish_reason?: string | null;
  error?: ErrorContent | null;
  /** Only on an answer that was written while this page was open: what went less well than it should have. */
  warnings?: readonly StageWarning[];
  /** Only on an answer that was stopped on this page, until the page is loaded again. */
  receipt?: StopReceipt | null;
  /**
   * Only on an answer that failed on this page: when the server wants to be asked again at the earliest, in
   * milliseconds on this machine's clock.
   */
  retryAt?: number | null;
}

export interface RunStatusReport {
  run_id: string;
  session_id: string;
  message_id: string | null;
  parent_id: string | null;
  status: MessageStatus;
  last_event_id: number;
  token_count: number;
}

export interface ReadinessCheck {
  ok: boolean;
  message: string;
}

export interface Readiness {
  status: "ready" | "unavailable";
  provider: string;
  model: string;
  checks: { store: ReadinessCheck; model: ReadinessCheck };
  /** How many documents the knowledge base holds. */
  documents: number;
}

/** An error before a stream began: application/problem+json (RFC 9457). */
export interface Problem {
  status: number;
  title: string;
  /** A sentence for the user. */
  detail: string;
  code: string;
  retryable: boolean;
  /** The invalid field, with 422. */
  field?: string;
  /** The run that is already active, with RUN_ACTIVE. */
  run_id?: string;
  retry_after_ms?: number;
}
