import type { RunState } from "../stream/runState";
import { ConnectionNotice } from "./ConnectionNotice";
import { StageIndicator } from "./StageIndicator";

interface RunningFootProps {
  readonly run: RunState;
  readonly onTryNow: () => void;
  readonly onCancelRetry: () => void;
}

/** What stands under an answer that is being written: its stage, or what became of its connection. */
export function RunningFoot({ run, onTryNow, onCancelRetry }: RunningFootProps) {
  if (run.reconnect) {
    return <ConnectionNotice reconnect={run.reconnect} onTryNow={onTryNow} onCancel={onCancelRetry} />;
  }
  return (
    <>
      <StageIndicator run={run} />
      {run.slow && (
        <div className="slow-notice" data-testid="slow">
          <p role="status">
            Nothing has come from the server for a while. Rill is still waiting; you can stop at any time.
          </p>
          <button type="button" className="quiet-button try-now" onClick={onTryNow}>
            Try now
          </button>
        </div>
      )}
    </>
  );
}
