import { parseEvent } from "../types/parseEvent";
import type { ReceivedEvent } from "./actions";
import type { ServerSentEvent } from "./sseParser";

/** What one frame of a run's stream means. */
export type Frame =
  | { kind: "event"; action: ReceivedEvent }
  /** An event of a type that this page does not know; only its id counts. */
  | { kind: "unknown"; id: number; type: string }
  | { kind: "malformed"; reason: string };

/** Reads one frame; `at` is when it came. Never throws. */
export function readFrame({ id, data }: ServerSentEvent, at: number): Frame {
  const number = /^[0-9]{1,15}$/.test(id) ? Number(id) : 0;
  if (number < 1) return { kind: "malformed", reason: `"${id}" is not the number of an event` };
  const parsed = parseEvent(data);
  switch (parsed.kind) {
    case "event":
      return { kind: "event", action: { type: "received", id: number, event: parsed.event, at } };
    case "unknown":
      return { kind: "unknown", id: number, type: parsed.type };
    case "malformed":
      return parsed;
  }
}
