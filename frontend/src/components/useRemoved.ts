import { useMemo } from "react";
import { useChatState } from "../hooks/storeContext";
import type { Source } from "../types/streaming";

/** The sources of an answer; those whose document was deleted since are marked so. */
export function useRemoved(sources: readonly Source[]): readonly Source[] {
  const removed = useChatState((state) => state.removedDocuments);
  return useMemo(() => {
    if (!sources.some(({ document_id: id }) => removed.has(id))) return sources;
    return sources.map((source) => (removed.has(source.document_id) ? { ...source, removed: true } : source));
  }, [sources, removed]);
}
