import { useNow } from "../../hooks/useNow";
import { useChatState } from "../../hooks/storeContext";
import { useDocumentsState, useDocumentsStore } from "../../hooks/useDocuments";
import { CloseIcon, OfflineIcon, RetryIcon } from "../partIcons";

/** What the user should know beside the list: the connection is lost, or what came of the last action. */
export function LiveNotice() {
  const store = useDocumentsStore();
  const notice = useDocumentsState((state) => state.notice);
  const connection = useDocumentsState((state) => state.connection);
  const online = useChatState((state) => state.online);
  const isLost = connection.phase === "lost";
  return (
    <>
      {isLost && (
        <div className="connection-notice" data-testid="documents-connection">
          {online ? <RetryIcon /> : <OfflineIcon />}
          <div className="connection-text">
            <p role="status">
              {online
                ? "The server cannot be reached. The list goes on when it is back, and nothing is lost."
                : "You are offline. The list goes on when the network is back."}
            </p>
            {online && <Countdown to={connection.retryAt} />}
          </div>
          {online && (
            <div className="connection-actions">
              <button type="button" className="button" onClick={store.tryNow}>
                Try now
              </button>
            </div>
          )}
        </div>
      )}
      {notice && (
        <div className="notice" role="status" data-testid="documents-notice">
          <p>{notice}</p>
          <button
            type="button"
            className="icon-button small"
            aria-label="Dismiss"
            onClick={store.dismissNotice}
          >
            <CloseIcon />
          </button>
        </div>
      )}
    </>
  );
}

function Countdown({ to }: { to: number }) {
  const now = useNow(true, 200);
  const seconds = Math.ceil((to - now) / 1000);
  return <p className="countdown">{seconds > 0 ? `Trying again in ${seconds} s` : "Connecting again…"}</p>;
}
