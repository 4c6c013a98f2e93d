import type { Environment } from "./environment";
import type { RunAction } from "./actions";
import type { RunState } from "./runState";

/** What the stream core reports when somebody wants to look into it. */
export interface DebugLog {
  /** A frame as it came: its id and the text of its data. */
  frame(id: string, data: string): void;
  note(text: string, details?: unknown): void;
  /** An action that changed a run's status or stage. */
  transition(before: RunState, after: RunState, action: RunAction["type"]): void;
}

function place(run: RunState): string {
  return [run.status, run.stage, run.slow ? "slow" : null].filter(Boolean).join("/");
}

const SILENT: DebugLog = { frame() {}, note() {}, transition() {} };

/**
 * Verbose when `localStorage.DEBUG_STREAMING` is "true" at the time the page is loaded, silent otherwise.
 * This is the only place where the page writes to the console.
 */
export function debugLog(environment: Pick<Environment, "storage" | "now">): DebugLog {
  if (environment.storage.get("DEBUG_STREAMING") !== "true") return SILENT;
  const began = environment.now();
  const write = (text: string, ...details: unknown[]) => {
    const seconds = ((environment.now() - began) / 1000).toFixed(3);
    console.log(`[stream ${seconds}s] ${text}`, ...details);
  };
  return {
    frame: (id, data) => write(`frame ${id}`, data),
    note: (text, details) => (details === undefined ? write(text) : write(text, details)),
    transition(before, after, action) {
      if (before.status === after.status && before.stage === after.stage && before.slow === after.slow)
        return;
      write(`${action}: ${place(before)} → ${place(after)}`);
    },
  };
}
