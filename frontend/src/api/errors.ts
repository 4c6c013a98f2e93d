import type { Problem } from "../types/rest";

/** The server answered with an error. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The server could not be reached, did not answer in time, or answered what is not of the protocol. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** A sentence for the user about a request that failed. */
export function sentenceFor(error: unknown): string {
  if (error instanceof ProblemError || error instanceof UnreachableError) return error.message;
  return "Something on this page went wrong. Load it again.";
}
