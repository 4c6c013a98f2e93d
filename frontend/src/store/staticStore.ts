import { APIClient } from "../api/client";
import { browserEnvironment } from "../stream/environment";
import type { ChatActions, ChatStore } from "./index";
import { INITIAL_STATE, type ChatState } from "./state";
import { canContinue, canRetry } from "./history";

const nothing = () => {};

/** Nobody answers: what asks a server needs a store with services of its own. */
function services(): ChatStore["services"] {
  const environment = browserEnvironment();
  return { environment, api: new APIClient(environment, nothing) };
}

/** A store that does nothing but hold a state and call spies: for drawing components in tests. */
export interface StaticStore extends ChatStore {
  setState(part: Partial<ChatState>): void;
}

export function createStaticStore(
  part: Partial<ChatState> = {},
  actions: Partial<ChatActions & Pick<ChatStore, "services">> = {},
): StaticStore {
  let state: ChatState = { ...INITIAL_STATE, ...part };
  const listeners = new Set<() => void>();
  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setState(next) {
      state = { ...state, ...next };
      for (const listener of listeners) listener();
    },
    canRetry,
    canContinue,
    start: nothing,
    dispose: nothing,
    services: services(),
    go: nothing,
    documentRemoved: nothing,
    newConversation: nothing,
    open: nothing,
    rename: async () => null,
    remove: async () => null,
    loadMoreConversations: nothing,
    reloadConversations: nothing,
    reload: nothing,
    loadEarlier: nothing,
    send: () => true,
    stop: nothing,
    edit: () => true,
    regenerate: nothing,
    showVersion: nothing,
    continueAnswer: nothing,
    retry: nothing,
    cancelRetry: nothing,
    retryNow: nothing,
    dismissNotice: nothing,
    takeDraft: () => null,
    setToken: nothing,
    refreshServer: nothing,
    ...actions,
  };
}
