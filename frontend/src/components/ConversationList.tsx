import { useCallback, useMemo, useState } from "react";
import { useNow } from "../hooks/useNow";
import { useConversations } from "../hooks/useConversations";
import type { Session } from "../types/rest";
import { ConfirmDialog } from "./ConfirmDialog";
import { groupByDay } from "./conversationDays";
import { ConversationItem } from "./ConversationItem";
import { ListSkeleton } from "./ListSkeleton";

/** Headings such as "Today" are checked once a minute. */
const minute = 60_000;

/** The conversations by day. `onLeave` is called when one was chosen, so that a drawer can close. */
export function ConversationList({ onLeave }: { onLeave: () => void }) {
  const { items, status, error, hasMore, currentId, activeIds, ...actions } = useConversations();
  const { open, rename, remove, loadMore, reload } = actions;
  const [condemned, setCondemned] = useState<Session | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const today = useNow(true, minute);
  const groups = useMemo(() => groupByDay(items, new Date(today)), [items, today]);
  const onOpen = useCallback(
    (id: string) => {
      open(id);
      onLeave();
    },
    [open, onLeave],
  );
  const onRename = useCallback(
    (id: string, title: string) => void rename(id, title).then(setProblem),
    [rename],
  );

  return (
    <nav className="conversations" aria-label="Conversations">
      {problem && (
        <p className="list-problem" role="alert">
          {problem}
        </p>
      )}
      {groups.map(({ label, sessions }) => (
        <section key={label} aria-label={label}>
          <h2 className="day">{label}</h2>
          <ul>
            {sessions.map((session) => (
              <ConversationItem
                key={session.id}
                session={session}
                isCurrent={session.id === currentId}
                isRunning={activeIds.has(session.id)}
                onOpen={onOpen}
                onRename={onRename}
                onDelete={setCondemned}
              />
            ))}
          </ul>
        </section>
      ))}
      {status === "loading" && items.length === 0 && <ListSkeleton />}
      {status === "ready" && items.length === 0 && (
        <p className="list-empty">Your conversations will be listed here.</p>
      )}
      {error && (
        <div className="list-problem" role="alert">
          <p>{error}</p>
          <button type="button" className="button" onClick={reload}>
            Load again
          </button>
        </div>
      )}
      {hasMore && (
        <button
          type="button"
          className="button plain load-more"
          disabled={status === "loading"}
          onClick={loadMore}
        >
          {status === "loading" ? "Loading…" : "Show older"}
        </button>
      )}
      {condemned && (
        <ConfirmDialog
          title="Delete this conversation?"
          text={`“${condemned.title || "New conversation"}” and its answers will be gone for good.`}
          action="Delete"
          onCancel={() => setCondemned(null)}
          onConfirm={() => {
            setCondemned(null);
            void remove(condemned.id).then(setProblem);
          }}
        />
      )}
    </nav>
  );
}
