import type { RunEvent, RunMetadata, Source } from "../types/streaming";
import type { StopReceipt } from "../types/rest";
import type { RunFailure } from "./runState";

/** An event of the wire with its sequence number, and when it came: milliseconds on this machine's clock. */
export interface ReceivedEvent {
  type: "received";
  id: number;
  event: RunEvent;
  at: number;
}

/** Everything that can happen to a run, on the wire or on this page. Times are on this machine's clock. */
export type RunAction =
  | ReceivedEvent
  /** A message was sent, or a failed one again: a new run. */
  | { type: "started"; runId: string; at: number }
  /** The page follows a run that was already there; what is known of it comes from the session. */
  | {
      type: "attached";
      runId: string;
      known: RunMetadata | null;
      at: number;
    }
  /** An interrupted answer is taken up again; what is shown of it stays until the server sends what replaces it. */
  | {
      type: "continued";
      runId: string;
      known: RunMetadata;
      text: string;
      sources: readonly Source[];
      at: number;
    }
  /** The response's head is here: the server has the run. */
  | { type: "connected" }
  /** The connection has been silent for longer than it should, or does not answer. */
  | { type: "slowed" }
  /** It was heard again. */
  | { type: "recovered" }
  /** The connection broke; the next try is at `retryAt`, or when the network is back when that is null. */
  | { type: "retryScheduled"; attempt: number; maxAttempts: number; retryAt: number | null; reason: string }
  | { type: "retryStarted" }
  /** Retry after the page had given up: the same run is tried again. */
  | { type: "resumed"; maxAttempts: number }
  | { type: "stopRequested" }
  /** The server's answer to Stop. */
  | { type: "receiptCame"; receipt: StopReceipt }
  /** Stopped, and the stream's own last event is not waited for any longer. */
  | { type: "stopped"; at: number }
  | { type: "failed"; failure: RunFailure; at: number };
