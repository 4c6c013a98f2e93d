import type { RunFailure } from "./runState";

/** What the page says when the server could not: each says what happened, and what to do. */

export const CANCELLED_BY_SERVER: Record<"disconnected" | "shutdown", RunFailure> = {
  disconnected: {
    code: "DISCONNECTED",
    message: "The answer was ended because this page was away for too long. Retry asks again.",
    retryable: true,
    retryAfterMs: null,
  },
  shutdown: {
    code: "SHUTDOWN",
    message: "The server restarted while this was being written.",
    retryable: true,
    retryAfterMs: null,
  },
};

/** Whether an answer was cut off by the end of its server, which keeps what there is of it. */
export function isInterruption(failure: { code: string } | null): boolean {
  return failure?.code === "INTERRUPTED" || failure?.code === "SHUTDOWN";
}

export const RUN_LOST: RunFailure = {
  code: "RUN_LOST",
  message: "The server was restarted and no longer has this answer. Retry asks again.",
  retryable: true,
  retryAfterMs: null,
};

export const NOT_CONTINUED: RunFailure = {
  code: "NOT_CONTINUED",
  message: "The server can no longer go on from here. Retry writes the answer again from its start.",
  retryable: true,
  retryAfterMs: null,
};

export const RECONNECT_CANCELLED: RunFailure = {
  code: "RECONNECT_CANCELLED",
  message: "The connection was lost and reconnecting was cancelled. Retry goes on where the answer stopped.",
  retryable: true,
  retryAfterMs: null,
};

export const PROTOCOL_ERROR: RunFailure = {
  code: "PROTOCOL_ERROR",
  message:
    "The server sent something this page does not understand. Load the page again: it may be out of date.",
  retryable: false,
  retryAfterMs: null,
};

export function connectionLost(reason: string): RunFailure {
  return {
    code: "CONNECTION_LOST",
    message: `${reason} Check that the server runs, then retry: the answer goes on where it stopped.`,
    retryable: true,
    retryAfterMs: null,
  };
}

/** Why a connection ended. */
export const REASONS = {
  unreachable: "The server cannot be reached.",
  broken: "The connection to the server broke.",
  silent: "The connection to the server went silent.",
  gateway: "The server is not answering.",
  strange: "Something other than the chat server answered.",
} as const;
