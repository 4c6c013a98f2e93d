import { RetryIcon, WarningIcon } from "./icons";

interface ErrorCardProps {
  readonly message: string;
  readonly code: string;
  /** Null when trying again cannot help. */
  readonly onRetry: (() => void) | null;
}

/** Why there is no (complete) answer, and the way on. */
export function ErrorCard({ message, code, onRetry }: ErrorCardProps) {
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
