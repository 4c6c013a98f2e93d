interface EarlierNoticeProps {
  readonly isLoading: boolean;
  readonly onRetry: () => void;
}

/** Stands where the messages before the ones that are here will be. */
export function EarlierNotice({ isLoading, onRetry }: EarlierNoticeProps) {
  return (
    <div className="earlier" role="status" data-testid="earlier">
      {isLoading ? (
        <>
          <span className="skeleton-line" aria-hidden="true" />
          Loading earlier messages…
        </>
      ) : (
        <>
          Earlier messages could not be loaded.{" "}
          <button type="button" onClick={onRetry}>
            Retry
          </button>
        </>
      )}
    </div>
  );
}
