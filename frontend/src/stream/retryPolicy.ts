import type { Problem } from "../types/rest";
import type { ConnectionEnd } from "./connection";
import type { RunFailure } from "./runState";
import { connectionLost, REASONS, RUN_LOST } from "./sentences";

/** Milliseconds before the first, second and third try. */
export const RETRY_DELAYS: readonly number[] = [1000, 2000, 4000];

/**
 * A server that asks for more patience than this, in milliseconds, gets a Retry button instead of a
 * countdown.
 */
const LONGEST_WAIT = 30_000;

export type Decision =
  | { kind: "retry"; delayMs: number; reason: string }
  | { kind: "fail"; failure: RunFailure }
  /** The session is answering another message, in this run. */
  | { kind: "busy"; runId: string };

/**
 * What to do after a connection ended without a terminal event.
 *
 * @param attempt how many tries in a row have brought nothing so far
 * @param resuming whether the server has confirmed the run, so that it is followed and not asked for
 */
export function decide(end: ConnectionEnd, attempt: number, resuming: boolean): Decision {
  if (end.kind === "problem") return decideProblem(end.problem, attempt, resuming);
  const reason = end.kind === "lost" ? end.reason : REASONS.silent;
  return retry(attempt, reason, 0) ?? { kind: "fail", failure: connectionLost(reason) };
}

function decideProblem(problem: Problem, attempt: number, resuming: boolean): Decision {
  if (problem.code === "RUN_ACTIVE" && problem.run_id !== undefined)
    return { kind: "busy", runId: problem.run_id };
  // Unknown run, or one that never had the events this page has seen of it.
  if (resuming && (problem.status === 404 || problem.status === 422))
    return { kind: "fail", failure: RUN_LOST };
  // The run may live on behind a server that cannot say so just now.
  if (problem.code === "GATEWAY" || (resuming && problem.status >= 500)) {
    const reason = problem.code === "GATEWAY" ? REASONS.gateway : firstSentence(problem.detail);
    return (
      retry(attempt, reason, problem.retry_after_ms ?? 0) ?? { kind: "fail", failure: connectionLost(reason) }
    );
  }
  const wait = problem.retry_after_ms ?? 0;
  if (problem.status === 503 && problem.retryable && wait <= LONGEST_WAIT) {
    const decision = retry(attempt, firstSentence(problem.detail), wait);
    if (decision !== null) return decision;
  }
  return { kind: "fail", failure: failureOf(problem) };
}

/** What happened, without what to do: the page does that itself. */
function firstSentence(text: string): string {
  return /^.*?[.!?](?= |$)/s.exec(text)?.[0] ?? text;
}

function retry(attempt: number, reason: string, atLeastMs: number): Decision | null {
  const delay = RETRY_DELAYS[attempt];
  return delay === undefined ? null : { kind: "retry", delayMs: Math.max(delay, atLeastMs), reason };
}

function failureOf({ code, detail, retryable, status, retry_after_ms }: Problem): RunFailure {
  // Once the access token is there the same message can be sent again.
  return {
    code,
    message: detail,
    retryable: retryable || status === 401,
    retryAfterMs: retry_after_ms ?? null,
  };
}
