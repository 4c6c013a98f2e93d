import { useEffect, useSyncExternalStore } from "react";
import { documentsOf, type DocumentsState, type DocumentsStore } from "../documents";
import { useChatStore } from "./storeContext";

export function useDocumentsStore(): DocumentsStore {
  return documentsOf(useChatStore());
}

/** A part of the documents' state: a value of the state itself, as with `useChatState`. */
export function useDocumentsState<Part>(select: (state: DocumentsState) => Part): Part {
  const store = useDocumentsStore();
  const read = () => select(store.getState());
  return useSyncExternalStore(store.subscribe, read, read);
}

/** Follows the changes of the documents while the component is drawn. */
export function useWatchedDocuments(isWanted = true): void {
  const store = useDocumentsStore();
  useEffect(() => (isWanted ? store.watch() : undefined), [store, isWanted]);
}
