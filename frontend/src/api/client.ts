import { DecodeError } from "../types/decode";
import * as read from "../types/parseRest";
import type { MessagePage, Readiness, RunStatusReport } from "../types/rest";
import type { Session, SessionDetail, SessionPage, StopReceipt } from "../types/rest";
import type { Environment } from "../stream/environment";
import { ProblemError, UnreachableError } from "./errors";
import { problemOf } from "./problem";

/** The body of `POST /chat/stream`. */
export interface ChatRequest {
  message: string;
  run_id: string;
  session_id?: string;
  parent_id?: string;
}

/** The body of `POST /chat/runs/{continues}/continue`, and the interrupted run that it goes on from. */
export interface ContinueRequest {
  run_id: string;
  continues: string;
}

/** What starts a run. Sent again it attaches to the run that it has started. */
export type RunRequest = ChatRequest | ContinueRequest;

export interface RequestOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the whole answer must be here. */
  timeoutMs?: number;
}

function pageQuery(limit: number, cursor: string | null): string {
  return `?limit=${limit}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
}

const TOKEN_KEY = "rill.token";

/** Milliseconds for an ordinary request. */
const TIMEOUT_MS = 10_000;

/**
 * The server's API. Every method throws `ProblemError` for an error the server reports and `UnreachableError`
 * when there is no (readable) answer; a stream that the caller aborted throws the `AbortError` of fetch.
 */
export class APIClient {
  private token: string | null;

  constructor(
    private readonly environment: Environment,
    /** Called when the server refuses the access token, or wants one. */
    private readonly onUnauthorized: (hadToken: boolean) => void,
  ) {
    this.token = environment.storage.get(TOKEN_KEY);
  }

  /** Keeps the access token on this machine, for this and later visits. */
  setToken(token: string): void {
    this.token = token.trim();
    this.environment.storage.set(TOKEN_KEY, this.token);
  }

  /**
   * Starts a run, or attaches to it from its beginning when the server knows its id. Resolves with the head.
   */
  startRun(request: RunRequest, signal: AbortSignal): Promise<Response> {
    const headers = { accept: "text/event-stream" };
    if (!("continues" in request)) return this.request("/chat/stream", { body: request, headers, signal });
    const { continues, run_id } = request;
    const path = `/chat/runs/${encodeURIComponent(continues)}/continue`;
    return this.request(path, { body: { run_id }, headers, signal });
  }

  /** Follows a run from after an event's id. Resolves with the head. */
  followRun(runId: string, after: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (after > 0) headers["last-event-id"] = String(after);
    return this.request(`/chat/runs/${encodeURIComponent(runId)}/stream`, { headers, signal });
  }

  runStatus(runId: string, timeoutMs = TIMEOUT_MS): Promise<RunStatusReport> {
    return this.json(`/chat/runs/${encodeURIComponent(runId)}`, read.readRunStatus, { timeoutMs });
  }

  stopRun(runId: string, timeoutMs = TIMEOUT_MS): Promise<StopReceipt> {
    const path = `/chat/runs/${encodeURIComponent(runId)}/stop`;
    return this.json(path, read.readStopReceipt, { method: "POST", timeoutMs });
  }

  sessions(cursor: string | null): Promise<SessionPage> {
    return this.json(`/sessions${pageQuery(50, cursor)}`, read.readSessionPage);
  }

  session(id: string): Promise<SessionDetail> {
    return this.json(`/sessions/${encodeURIComponent(id)}`, read.readSessionDetail);
  }

  /**
   * The newest messages of a conversation, or those before the cursor.
   *
   * @param limit at most 200
   */
  messages(
    sessionId: string,
    limit: number,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<MessagePage> {
    const path = `/sessions/${encodeURIComponent(sessionId)}/messages${pageQuery(limit, cursor)}`;
    return this.json(path, read.readMessagePage, { signal });
  }

  renameSession(id: string, title: string): Promise<Session> {
    return this.json(`/sessions/${encodeURIComponent(id)}`, read.readSession, {
      method: "PATCH",
      body: { title },
    });
  }

  async deleteSession(id: string): Promise<void> {
    await this.timed(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }, async () => undefined);
  }

  /** Also answers when the server is not ready: that is a state to show, not an error. */
  readiness(): Promise<Readiness> {
    return this.timed("/ready", {}, async (response) => read.readReadiness(await response.json()), [503]);
  }

  /** The JSON of an answer that must come in time. */
  json<Value>(path: string, decode: (json: unknown) => Value, options: RequestOptions = {}): Promise<Value> {
    return this.timed(path, options, async (response) => decode(await response.json()));
  }

  /** A request whose whole answer, body included, must come in time. */
  async timed<Value>(
    path: string,
    options: RequestOptions,
    take: (response: Response) => Promise<Value>,
    accepted: readonly number[] = [],
  ): Promise<Value> {
    const deadline = new AbortController();
    const abort = (): void => deadline.abort();
    const cancel = this.environment.after(options.timeoutMs ?? TIMEOUT_MS, abort);
    options.signal?.addEventListener("abort", abort);
    try {
      const response = await this.request(path, { ...options, signal: deadline.signal }, accepted);
      return await take(response);
    } catch (error) {
      if (error instanceof ProblemError || error instanceof UnreachableError) throw error;
      if (error instanceof DecodeError || error instanceof SyntaxError) {
        throw new UnreachableError("The server's answer could not be read. Load the page again.");
      }
      throw new UnreachableError("The server did not answer in time. Check that it runs.");
    } finally {
      cancel();
      options.signal?.removeEventListener("abort", abort);
    }
  }

  /** What a request that this client does not send itself needs to say. */
  credentials(): Record<string, string> {
    return this.token === null ? {} : { authorization: `Bearer ${this.token}` };
  }

  /** The head of an answer; the caller reads the rest. */
  async request(
    path: string,
    { method, body, headers = {}, signal }: RequestOptions,
    accepted: readonly number[] = [],
  ): Promise<Response> {
    const token = this.token;
    const init: RequestInit = { method: method ?? (body === undefined ? "GET" : "POST"), cache: "no-store" };
    init.headers = { accept: "application/json", ...headers, ...this.credentials() };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...init.headers, "content-type": "application/json" };
    }
    if (signal !== undefined) init.signal = signal;
    let response: Response;
    try {
      response = await this.environment.fetch(path, init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new UnreachableError("The server cannot be reached. Check that it runs.");
    }
    if (response.ok || accepted.includes(response.status)) return response;
    const problem = await problemOf(response);
    if (problem.status === 401 && this.token === token) this.onUnauthorized(token !== null);
    throw new ProblemError(problem);
  }
}
