import { isInterruption } from "../stream/sentences";
import type { RunState } from "../stream/runState";

/** Tells screen readers how an answer ended, politely and once. Stages announce themselves; tokens are not announced. */
export function Announcer({ run }: { run: RunState }) {
  return (
    <div className="visually-hidden" aria-live="polite" data-testid="announcer">
      {announcement(run)}
    </div>
  );
}

function announcement(run: RunState): string {
  switch (run.status) {
    case "done":
      return run.sources.length > 0
        ? `The answer is complete, with ${run.sources.length} sources.`
        : "The answer is complete.";
    case "stopped":
      return "The answer was stopped.";
    case "failed":
      return isInterruption(run.error) ? "The answer was interrupted. It can be continued." : "";
    default:
      return "";
  }
}
