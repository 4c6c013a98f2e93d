import type { RunMetadata, Source, Stage, StageWarning, Timings, Usage } from "../types/streaming";
import type { StopReceipt } from "../types/rest";

/**
 * - `idle`: nothing was asked yet
 * - `connecting`: the request is on its way and nothing has come back
 * - `streaming`: connected to a living run
 * - `reconnecting`: the connection broke; `reconnect` says when the next try is
 * - `stopping`: Stop was pressed and the server has not confirmed it yet
 * - `done`, `stopped`, `failed`: over; the message is in the history
 */
export type RunStatus =
  | "idle"
  | "connecting"
  | "streaming"
  | "reconnecting"
  | "stopping"
  | "done"
  | "stopped"
  | "failed";

/** One step of the pipeline as the page shows it. Times are milliseconds on this machine's clock. */
export interface StageRecord {
  stage: Stage;
  status: "running" | "complete";
  startedAt: number;
  /** Measured by the server; null while the stage runs. */
  durationMs: number | null;
  agent?: string;
  docCount?: number;
  candidates?: number;
  selected?: number;
  tokenCount?: number;
}

/** Codes that the page itself gives to failures that the server could not report. */
export type PageErrorCode =
  | "CONNECTION_LOST"
  | "RUN_LOST"
  | "RECONNECT_CANCELLED"
  | "PROTOCOL_ERROR"
  | "DISCONNECTED"
  | "SHUTDOWN"
  | "NOT_CONTINUED";

export interface RunFailure {
  /** A code of the protocol or a `PageErrorCode`. */
  code: string;
  /** A sentence for the user. */
  message: string;
  /** Whether a Retry button can help. */
  retryable: boolean;
  retryAfterMs: number | null;
}

export interface ReconnectState {
  /** 1, 2 or 3. */
  attempt: number;
  maxAttempts: number;
  /**
   * - `countdown`: the next try starts at `retryAt`
   * - `trying`: a try is under way
   * - `offline`: the browser has no network; a try starts as soon as it is back
   */
  phase: "countdown" | "trying" | "offline";
  /** Milliseconds on this machine's clock; null unless `phase` is `countdown`. */
  retryAt: number | null;
  /** Why the connection ended, as a sentence. */
  reason: string;
}

/**
 * The end of a text that grows: the last characters of it, and where they start. Whoever has read the text up to there
 * goes on with these; to look into the text itself, the browser would first have to copy all of it into one piece.
 */
export interface TextTail {
  readonly start: number;
  readonly text: string;
}

/** Everything the page knows about one run. Values are replaced, never changed. */
export interface RunState {
  status: RunStatus;
  /** Made by this page, so that Stop works before the server has answered. */
  runId: string | null;
  metadata: RunMetadata | null;
  /** The place in the line of runs that wait for the server, 1 for the next; null when it does not wait. */
  queuePosition: number | null;
  /** The stage that is running; null between stages and when the run is over. */
  stage: Stage | null;
  stages: readonly StageRecord[];
  sources: readonly Source[];
  /** What went less well than it should have, oldest first. */
  warnings: readonly StageWarning[];
  /** The answer so far. It only grows, unless `textEpoch` changes with it. */
  text: string;
  /** Counts the times `text` was replaced by a snapshot instead of being continued. */
  textEpoch: number;
  /** What has come to `text` lately. */
  tail: TextTail;
  /** What a snapshot has just replaced, until the text goes on: an interrupted answer loses no word that was shown. */
  replacedText: string | null;
  lastEventId: number;
  /** Milliseconds on this machine's clock. */
  startedAt: number | null;
  firstTokenAt: number | null;
  endedAt: number | null;
  /** Nothing, not even a heartbeat, has come for a while; the connection may be slow or gone. */
  slow: boolean;
  reconnect: ReconnectState | null;
  error: RunFailure | null;
  /** The server's confirmation of Stop; null when it could not be reached. */
  receipt: StopReceipt | null;
  finishReason: string | null;
  usage: Usage | null;
  timings: Timings | null;
  /** Least difference seen between this machine's clock and the server's, in milliseconds. */
  clockOffset: number | null;
  /** When the first event of the run happened, on this machine's clock. */
  firstEventAt: number | null;
}

export const IDLE_RUN: RunState = {
  status: "idle",
  runId: null,
  metadata: null,
  queuePosition: null,
  stage: null,
  stages: [],
  sources: [],
  warnings: [],
  text: "",
  textEpoch: 0,
  tail: { start: 0, text: "" },
  replacedText: null,
  lastEventId: 0,
  startedAt: null,
  firstTokenAt: null,
  endedAt: null,
  slow: false,
  reconnect: null,
  error: null,
  receipt: null,
  finishReason: null,
  usage: null,
  timings: null,
  clockOffset: null,
  firstEventAt: null,
};

/** Whether the run still goes on: the input is disabled and Send is Stop. */
export function isActive(run: RunState): boolean {
  return (
    run.status === "connecting" ||
    run.status === "streaming" ||
    run.status === "reconnecting" ||
    run.status === "stopping"
  );
}

/** Milliseconds since the question was sent, up to `now` or to the end of the run. */
export function elapsedMs(run: RunState, now: number): number {
  if (run.startedAt === null) return 0;
  return Math.max(0, (run.endedAt ?? now) - run.startedAt);
}

/** Milliseconds that a stage has taken so far, or took. */
export function stageElapsedMs(record: StageRecord, now: number): number {
  return record.durationMs ?? Math.max(0, now - record.startedAt);
}
