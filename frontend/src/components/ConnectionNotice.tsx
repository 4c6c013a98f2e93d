import { useNow } from "../hooks/useNow";
import type { ReconnectState } from "../stream/runState";
import { OfflineIcon, RetryIcon } from "./partIcons";

interface ConnectionNoticeProps {
  readonly reconnect: ReconnectState;
  readonly onTryNow: () => void;
  readonly onCancel: () => void;
}

/** The answer lost its connection: what happens next and when, and how to hasten or end it. */
export function ConnectionNotice({ reconnect, onTryNow, onCancel }: ConnectionNoticeProps) {
  const { phase } = reconnect;
  return (
    <div className="connection-notice" data-testid="reconnect" data-phase={phase}>
      {phase === "offline" ? <OfflineIcon /> : <RetryIcon />}
      <div className="connection-text">
        <p role="status">{sentence(reconnect)}</p>
        {phase === "countdown" && <Countdown reconnect={reconnect} />}
      </div>
      <div className="connection-actions">
        {phase === "countdown" && (
          <button key="now" type="button" className="button" onClick={onTryNow}>
            Try now
          </button>
        )}
        <button
          key="cancel"
          type="button"
          className="button plain"
          aria-label="Cancel retry"
          onClick={onCancel}
        >
          Cancel
        </button>
      </div>
    </div>
  );
}

function sentence(reconnect: ReconnectState): string {
  if (reconnect.phase === "offline") return "You are offline. The answer goes on when the network is back.";
  if (reconnect.phase === "trying") return "Connecting again…";
  return reconnect.reason;
}

function Countdown({ reconnect }: { reconnect: ReconnectState }) {
  const now = useNow(true, 200);
  const seconds = Math.max(0, Math.ceil(((reconnect.retryAt ?? now) - now) / 1000));
  return (
    <p className="countdown">
      {`Trying again in ${seconds} s · try ${reconnect.attempt} of ${reconnect.maxAttempts}`}
    </p>
  );
}
