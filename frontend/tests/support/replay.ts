import { reduceBatch } from "../../src/stream/reducer";
import { readFrame } from "../../src/stream/frames";
import { IDLE_RUN, type RunState } from "../../src/stream/runState";
import { SSEParser } from "../../src/stream/sseParser";
import type { RunAction } from "../../src/stream/actions";

/** What is written beside each recorded stream; see Tests/Fixtures/streams/README.md. */
export interface ExpectedRun {
  description: string;
  text: string;
  status: RunState["status"];
  sources: number;
  stages: string[];
  last_event_id: number;
  run_id: string;
  session_id: string;
  message_id: string;
  parent_id: string;
  error_code: string | null;
  retryable?: boolean | null;
  retry_after_ms?: number;
  text_epoch?: number;
  continues?: string;
  finish_reason?: string;
  agent?: string;
  doc_count?: number;
  candidates?: number;
  selected?: number;
  token_count?: number;
}

/** The actions that a stream's bytes become, each one `step` milliseconds after the one before. */
export function actionsOf(bytes: Uint8Array, at = 1000, step = 10): RunAction[] {
  const actions: RunAction[] = [];
  let now = at;
  const parser = new SSEParser({
    onEvent(event) {
      now += step;
      const frame = readFrame(event, now);
      if (frame.kind === "malformed") throw new Error(frame.reason);
      if (frame.kind === "event") actions.push(frame.action);
    },
  });
  parser.push(bytes);
  parser.end();
  return actions;
}

/** A run that has just been sent and answered by the response's head. */
export function startedRun(runId: string, at = 1000): RunState {
  return reduceBatch(IDLE_RUN, [{ type: "started", runId, at }, { type: "connected" }]);
}
