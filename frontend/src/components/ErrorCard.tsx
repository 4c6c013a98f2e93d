import { useEffect, useState } from "react";
import { useNow } from "../hooks/useNow";
import { formatWait } from "./durations";
import { RetryIcon, WarningIcon } from "./partIcons";

interface ErrorCardProps {
  readonly message: string;
  readonly code: string;
  /** Whether it is the last thing that happened; an older failure is told quietly. */
  readonly isLatest: boolean;
  /** Null when trying again cannot help. */
  readonly onRetry: (() => void) | null;
  /** When the server wants to be asked again at the earliest; null when at once. */
  readonly retryAt: number | null;
}

/** Why there is no (complete) answer, and the way on. */
export function ErrorCard({ message, code, isLatest, onRetry, retryAt }: ErrorCardProps) {
  if (!isLatest) {
    return (
      <p className="past-error" data-testid="past-error" data-code={code}>
        {message}
      </p>
    );
  }
  return (
    <div className="error-card" role="alert" data-testid="error" data-code={code}>
      <WarningIcon />
      <p className="error-text">{message}</p>
      {onRetry && <RetryButton key={retryAt} retryAt={retryAt} onRetry={onRetry} />}
    </div>
  );
}

interface RetryButtonProps {
  readonly retryAt: number | null;
  readonly onRetry: () => void;
}

/** Retry, which counts down as long as it could only fail again. */
function RetryButton({ retryAt, onRetry }: RetryButtonProps) {
  const [isDue, setDue] = useState(retryAt === null);
  useEffect(() => {
    if (retryAt === null) return;
    const timer = setTimeout(() => setDue(true), Math.max(0, retryAt - Date.now()));
    return () => clearTimeout(timer);
  }, [retryAt]);
  return (
    <button type="button" className="button retry" disabled={!isDue} onClick={onRetry}>
      <RetryIcon />
      {isDue || retryAt === null ? "Retry" : <Countdown to={retryAt} />}
    </button>
  );
}

/** Not a part of the alert around it: a screen reader would tell every second. */
function Countdown({ to }: { to: number }) {
  const now = useNow(true, 200);
  return <span aria-live="off">{`Retry in ${formatWait(Math.max(1, Math.ceil((to - now) / 1000)))}`}</span>;
}
