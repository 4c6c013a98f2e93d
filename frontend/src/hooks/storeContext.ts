import { createContext, useContext, useSyncExternalStore } from "react";
import type { ChatStore } from "../store";
import type { ChatState } from "../store/state";

/** `main.tsx` provides the one store; tests provide their own. */
export const ChatStoreContext = createContext<ChatStore | null>(null);

export function useChatStore(): ChatStore {
  const store = useContext(ChatStoreContext);
  if (store === null)
    throw new Error("A component that uses the chat store needs a ChatStoreContext.Provider above it.");
  return store;
}

/**
 * A part of the state. `select` must return a value of the state itself, not a new object: the component is
 * drawn again when the value is another one by `Object.is`.
 */
export function useChatState<Part>(select: (state: ChatState) => Part): Part {
  const store = useChatStore();
  const read = () => select(store.getState());
  return useSyncExternalStore(store.subscribe, read, read);
}
