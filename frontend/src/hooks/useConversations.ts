import { useChatState, useChatStore } from "./storeContext";
import type { ConversationList } from "../store/state";

export interface Conversations extends ConversationList {
  /** The one that is shown. */
  currentId: string | null;
  /** Conversations that are being answered, also in the background. */
  activeIds: ReadonlySet<string>;
  open(id: string): void;
  newConversation(): void;
  /** Resolves to null, or to a sentence that says why it failed; the list then shows the old title again. */
  rename(id: string, title: string): Promise<string | null>;
  /** Resolves to null, or to a sentence that says why it failed. */
  remove(id: string): Promise<string | null>;
  loadMore(): void;
  reload(): void;
}

/** The list of conversations and what the user can do with it. */
export function useConversations(): Conversations {
  const store = useChatStore();
  const list = useChatState((state) => state.conversations);
  return {
    ...list,
    currentId: useChatState((state) => (state.place === null ? state.current.id : null)),
    activeIds: useChatState((state) => state.activeSessionIds),
    open: store.open,
    newConversation: store.newConversation,
    rename: store.rename,
    remove: store.remove,
    loadMore: store.loadMoreConversations,
    reload: store.reloadConversations,
  };
}
