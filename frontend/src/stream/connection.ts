import { ProblemError } from "../api/errors";
import type { Problem } from "../types/rest";
import { REASONS } from "./sentences";
import { SSEParser, type ServerSentEvent } from "./sseParser";

/** How one connection to a run ended. */
export type ConnectionEnd =
  /** The handler had enough: the run is over, or its stream cannot be understood. */
  | { kind: "finished" }
  /** This page ended it. */
  | { kind: "aborted" }
  | { kind: "problem"; problem: Problem }
  /** It broke or could not be made. `reason` is a sentence. */
  | { kind: "lost"; reason: string };

export interface ConnectionHandlers {
  /** The response's head is here. */
  onHead(): void;
  /** Bytes are here, an event or not. */
  onBytes(): void;
  /** Those bytes were a sign of life without an event. */
  onHeartbeat(): void;
  /** Returns whether to go on reading. */
  onFrame(event: ServerSentEvent): boolean;
  /** The stream breaks the bounds of the parser; reading ends. */
  onUnreadable(reason: string): void;
}

/** Opens one connection and reads it to its end. Never throws. */
export async function readConnection(
  open: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal,
  handlers: ConnectionHandlers,
): Promise<ConnectionEnd> {
  let response: Response;
  try {
    response = await open(signal);
  } catch (error) {
    if (signal.aborted) return { kind: "aborted" };
    if (error instanceof ProblemError) return { kind: "problem", problem: error.problem };
    return { kind: "lost", reason: REASONS.unreachable };
  }
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream || response.body === null) {
    await response.body?.cancel().catch(ignore);
    return { kind: "lost", reason: REASONS.strange };
  }
  handlers.onHead();
  const end = await readBody(response.body.getReader(), handlers);
  return signal.aborted && end.kind === "lost" ? { kind: "aborted" } : end;
}

async function readBody(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  handlers: ConnectionHandlers,
): Promise<ConnectionEnd> {
  let wanted = true;
  const parser = new SSEParser({
    onEvent(event) {
      // Events after the last one that is wanted are in the same chunk at most.
      if (wanted) wanted = handlers.onFrame(event);
    },
    onComment(text) {
      if (text.trim() === "heartbeat") handlers.onHeartbeat();
    },
  });
  for (;;) {
    let result: ReadableStreamReadResult<Uint8Array>;
    try {
      result = await reader.read();
    } catch {
      return { kind: "lost", reason: REASONS.broken };
    }
    if (result.done) return { kind: "lost", reason: REASONS.broken };
    handlers.onBytes();
    try {
      parser.push(result.value);
    } catch (error) {
      handlers.onUnreadable(error instanceof Error ? error.message : String(error));
      wanted = false;
    }
    if (!wanted) {
      // The rest of the stream is of no interest, and neither is how closing it goes.
      reader.cancel().catch(ignore);
      return { kind: "finished" };
    }
  }
}

function ignore(): void {}
