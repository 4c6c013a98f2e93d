import { useConversations } from "../hooks/useConversations";
import type { OpenConversation } from "../store";

interface LoadStateProps {
  readonly conversation: OpenConversation;
  readonly onReload: () => void;
}

/** A conversation that is not there yet, or cannot be loaded. */
export function LoadState({ conversation, onReload }: LoadStateProps) {
  const { newConversation } = useConversations();
  if (conversation.status !== "failed") {
    return (
      <div className="skeleton" role="status">
        <span className="visually-hidden">Loading the conversation…</span>
        <span className="skeleton-line question-line" />
        <span className="skeleton-line" />
        <span className="skeleton-line" />
        <span className="skeleton-line short" />
      </div>
    );
  }
  return (
    <div className="load-problem" role="alert">
      <h2>
        {conversation.notFound ? "This conversation is not here" : "The conversation could not be loaded"}
      </h2>
      <p>{conversation.error}</p>
      {conversation.notFound ? (
        <button type="button" className="button" onClick={newConversation}>
          Start a new chat
        </button>
      ) : (
        <button type="button" className="button" onClick={onReload}>
          Load again
        </button>
      )}
    </div>
  );
}
