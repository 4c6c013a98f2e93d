import assert from "node:assert/strict";

export interface SeenRequest {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
  signal: AbortSignal | null;
}

type Handler = (request: SeenRequest) => Response | Promise<Response>;

/** A response whose body the test writes, while the page reads it. */
export class StreamScript {
  readonly response: Response;
  /** The page has given the connection up. */
  aborted = false;
  private controller!: ReadableStreamDefaultController<Uint8Array>;
  private open = true;

  constructor(signal: AbortSignal | null) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.controller = controller;
      },
      cancel: () => {
        this.open = false;
        this.aborted = true;
      },
    });
    signal?.addEventListener("abort", () => {
      this.aborted = true;
      this.fail();
    });
    this.response = new Response(body, { headers: { "content-type": "text/event-stream" } });
  }

  send(text: string | Uint8Array): void {
    assert.ok(this.open, "the test writes to a stream that is closed");
    this.controller.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
  }

  event(id: number, type: string, content: unknown): void {
    this.send(
      `id: ${id}\ndata: ${JSON.stringify({ type, content, timestamp: "2026-01-02T03:04:05.678Z" })}\n\n`,
    );
  }

  /** The server ends the response. */
  close(): void {
    if (this.open) this.controller.close();
    this.open = false;
  }

  /** The connection breaks. */
  fail(): void {
    if (this.open) this.controller.error(new TypeError("network error"));
    this.open = false;
  }
}

/**
 * Answers requests as the test says: the first handler of a route answers once, the last one from then on.
 */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly streams: StreamScript[] = [];
  private readonly routes = new Map<string, Handler[]>();

  readonly fetch = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const request: SeenRequest = {
      method: init.method ?? "GET",
      path,
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? JSON.parse(init.body) : null,
      signal: init.signal ?? null,
    };
    this.requests.push(request);
    if (request.signal?.aborted) throw new DOMException("aborted", "AbortError");
    const handler = this.handlerOf(`${request.method} ${path.split("?")[0]}`);
    const aborted = new Promise<never>((_, reject) => {
      request.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
    // Whoever wins the race, the other one is not an unhandled rejection.
    aborted.catch(() => {});
    return Promise.race([Promise.resolve(handler(request)), aborted]);
  };

  on(route: string, ...handlers: Handler[]): this {
    this.routes.set(route, handlers);
    return this;
  }

  /** Requests of a route, in the order in which they came. */
  seen(route: string): SeenRequest[] {
    return this.requests.filter(({ method, path }) => `${method} ${path.split("?")[0]}` === route);
  }

  /** A handler that opens a stream; `server.streams` has them in order. */
  readonly stream = (request: SeenRequest): Response => {
    const stream = new StreamScript(request.signal);
    this.streams.push(stream);
    return stream.response;
  };

  /** The stream that was opened last. */
  get last(): StreamScript {
    const stream = this.streams[this.streams.length - 1];
    assert.ok(stream, "no stream was opened");
    return stream;
  }

  private handlerOf(route: string): Handler {
    const handlers = this.routes.get(route);
    assert.ok(handlers && handlers.length > 0, `the test has no answer for ${route}`);
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    assert.ok(handler);
    return handler;
  }
}

export const json =
  (value: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });

export const problem =
  (status: number, code: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  () => {
    const body = {
      type: "about:blank",
      title: code,
      status,
      detail: `${code} happened.`,
      code,
      retryable: false,
      ...more,
    };
    return new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/problem+json", ...headers },
    });
  };

/** The connection is refused. */
export const refused = (): never => {
  throw new TypeError("fetch failed");
};

/** No answer ever comes. */
export const silent = (): Promise<Response> => new Promise(() => {});
