/**
 * The store: everything the page shows, outside React.
 *
 *     const store = createChatStore();            // main.tsx, once
 *     <ChatStoreContext.Provider value={store}>   // hooks/storeContext
 *     store.start();                              // reads the URL, loads the list, asks the server who it is
 *
 * Components read it through the hooks in `src/hooks` (`useStreamingChat`, `useConversations`, `useServer`,
 * `useNow`) and never fetch anything themselves. Every action returns at once; what comes of it arrives as a
 * new state. States are immutable: a part that did not change is the same object, so `memo` works.
 *
 * A test that draws components makes a store of its own with `createStaticStore(partOfTheState, spies)`.
 */
import type { APIClient } from "../api/client";
import type { Environment } from "../stream/environment";
import type { ChatState, OpenConversation } from "./state";

export { INITIAL_STATE, MESSAGE_LIMIT } from "./state";
export type { ChatState, ConversationList, LoadStatus, OpenConversation, ServerInfo } from "./state";
export type { Place } from "./state";

export interface ChatActions {
  /** Goes to an address of the page: a conversation, the documents, the search. */
  go(address: string, how?: "push" | "replace"): void;
  /** A document was deleted: what answers say about it changes, here and in the other tabs. */
  documentRemoved(id: string): void;
  /** Shows an empty conversation and goes to `/`. A run that goes on keeps going in the background. */
  newConversation(): void;
  /** Shows a conversation, goes to `/c/{id}`, and follows its run when it has one. */
  open(id: string): void;
  /** Resolves to null, or to a sentence that says why it failed. */
  rename(id: string, title: string): Promise<string | null>;
  /** Resolves to null, or to a sentence that says why it failed. */
  remove(id: string): Promise<string | null>;
  loadMoreConversations(): void;
  reloadConversations(): void;
  /** Loads the open conversation again. */
  reload(): void;
  /** Loads the earlier messages of the open conversation after that has failed. */
  loadEarlier(): void;
  /** Returns whether the text was taken: not while a run goes on, not when empty or over 8,000 characters. */
  send(text: string): boolean;
  stop(): void;
  /**
   * Asks another question in the place of one of the open conversation, whose old text and answers stay beside it.
   * Returns whether the text was taken, as `send` does.
   */
  edit(id: string, text: string): boolean;
  /** Asks for another answer in the place of one; the old one stays beside it. */
  regenerate(id: string): void;
  /** Shows the branch that a message is on; not while a run goes on. */
  showVersion(id: string): void;
  /** Goes on with the last answer, which was interrupted. */
  continueAnswer(): void;
  retry(): void;
  cancelRetry(): void;
  retryNow(): void;
  dismissNotice(): void;
  takeDraft(): string | null;
  setToken(token: string): void;
  refreshServer(): void;
}

export interface ChatStore extends ChatActions {
  /** What other stores of the page are made of. */
  readonly services: { readonly environment: Environment; readonly api: APIClient };
  getState(): ChatState;
  subscribe(listener: () => void): () => void;
  /** Whether Retry can help: the last message is a failed answer and its error is retryable. */
  canRetry(conversation: OpenConversation): boolean;
  /** Whether the last message is an answer that was interrupted and can be continued. */
  canContinue(conversation: OpenConversation): boolean;
  start(): void;
  /** Ends everything the store holds open; for tests. */
  dispose(): void;
}

export { createChatStore } from "./chatStore";
export { createStaticStore, type StaticStore } from "./staticStore";
export { canContinue, canRetry } from "./history";
