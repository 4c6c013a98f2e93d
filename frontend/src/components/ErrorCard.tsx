import { RetryIcon, WarningIcon } from "./icons";

interface ErrorCardProps {
  readonly message: string;
  readonly code: string;
  /** Whether it is the last thing that happened; an older failure is told quietly. */
  readonly isLatest: boolean;
  /** Null when trying again cannot help. */
  readonly onRetry: (() => void) | null;
}

/** Why there is no (complete) answer, and the way on. */
export function ErrorCard({ message, code, isLatest, onRetry }: ErrorCardProps) {
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
      {onRetry && (
        <button key="retry" type="button" className="button" onClick={onRetry}>
          <RetryIcon />
          Retry
        </button>
      )}
    </div>
  );
}
