import { useCallback, useEffect, useRef } from "react";
import { useNow } from "../../hooks/useNow";
import { useDocumentsState, useDocumentsStore } from "../../hooks/useDocuments";
import type { DocumentInfo } from "../../types/documents";
import { DocumentRow } from "./DocumentRow";

const minute = 60_000;

/** The documents, more of them as the end comes into view. */
export function DocumentList({ onDelete }: { onDelete: (document: DocumentInfo) => void }) {
  const store = useDocumentsStore();
  const items = useDocumentsState((state) => state.items);
  const status = useDocumentsState((state) => state.status);
  const hasMore = useDocumentsState((state) => state.hasMore);
  const isLoadingMore = useDocumentsState((state) => state.isLoadingMore);
  const today = new Date(useNow(true, minute)).toDateString();
  const end = useRef<HTMLDivElement>(null);
  const act = useCallback((id: string, action: "cancel" | "retry") => void store.act(id, action), [store]);
  const showFolder = useCallback((folder: string) => store.setFilter({ folder }), [store]);
  useEffect(() => {
    const mark = end.current;
    if (!mark || !hasMore || typeof IntersectionObserver === "undefined") return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void store.loadMore();
      },
      { rootMargin: "800px" },
    );
    observer.observe(mark);
    return () => observer.disconnect();
    // When a page has come and its end is still in view, the next one is wanted too.
  }, [store, hasMore, items.length]);
  if (status === "ready" && items.length === 0) {
    return <p className="nothing-found">No document fits. Change the words or the filters.</p>;
  }
  return (
    <>
      <ul className="document-list" aria-label="Documents" data-loading={status === "loading"}>
        {items.map((item) => (
          <DocumentRow
            key={item.id}
            document={item}
            today={today}
            onAct={act}
            onDelete={onDelete}
            onFolder={showFolder}
          />
        ))}
      </ul>
      <div ref={end} className="list-end">
        {hasMore && (
          <button
            type="button"
            className="button plain"
            disabled={isLoadingMore}
            onClick={() => void store.loadMore()}
          >
            {isLoadingMore ? "Loading…" : "Show more"}
          </button>
        )}
      </div>
    </>
  );
}
