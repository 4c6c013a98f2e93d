import { CloseIcon, DownIcon, OfflineIcon } from "./partIcons";

interface ChatNoticesProps {
  readonly isOffline: boolean;
  /** What the user should know about the last action; null when nothing. */
  readonly notice: string | null;
  readonly onDismiss: () => void;
}

/** What is said above the place to write. */
export function ChatNotices({ isOffline, notice, onDismiss }: ChatNoticesProps) {
  return (
    <>
      {isOffline && (
        <p className="notice" role="status" data-testid="offline">
          <OfflineIcon />
          You are offline. What you write stays here until the network is back.
        </p>
      )}
      {notice && (
        <div className="notice" role="status" data-testid="notice">
          <p>{notice}</p>
          <button type="button" className="icon-button small" aria-label="Dismiss" onClick={onDismiss}>
            <CloseIcon />
          </button>
        </div>
      )}
    </>
  );
}

/** Leads back to the end of the conversation. */
export function JumpButton({ onJump }: { readonly onJump: () => void }) {
  return (
    <button type="button" className="jump" onClick={onJump}>
      <DownIcon />
      Jump to latest
    </button>
  );
}
