import { readProblem } from "../types/parseRest";
import type { Problem } from "../types/rest";

/** A gateway's own answers (nginx, Caddy) when the server behind it is away. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

/**
 * The problem that an error response carries. What a proxy answers is no problem document: it becomes one
 * with the code `GATEWAY` or `HTTP_ERROR` and a sentence of the page's own.
 */
export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = retryAfterMs(response.headers.get("retry-after"));
  const problem = (await documentOf(response)) ?? generic(response.status);
  if (problem.retry_after_ms === undefined && retryAfter !== null) problem.retry_after_ms = retryAfter;
  return problem;
}

async function documentOf(response: Response): Promise<Problem | null> {
  if (!response.headers.get("content-type")?.includes("json")) return null;
  try {
    return readProblem(await response.json());
  } catch {
    return null;
  }
}

function generic(status: number): Problem {
  if (GATEWAY_STATUSES.has(status)) {
    return {
      status,
      title: "Bad gateway",
      detail: "The server is not answering. It may be starting; retry in a moment.",
      code: "GATEWAY",
      retryable: true,
    };
  }
  return {
    status,
    title: "Error",
    detail: `The server refused the request (status ${status}).`,
    code: "HTTP_ERROR",
    retryable: status >= 500,
  };
}

/** `Retry-After` in its form of seconds; the form of a date is not used by anything this page talks to. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header) ? Number(header) * 1000 : null;
}
