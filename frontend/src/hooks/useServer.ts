import { useChatState, useChatStore } from "./storeContext";
import type { ServerInfo } from "../store/state";

export interface Server extends ServerInfo {
  /** Whether the browser has a network. */
  online: boolean;
  needsToken: boolean;
  tokenRejected: boolean;
  /** Keeps the access token on this machine and loads everything again with it. */
  setToken(token: string): void;
  /** Asks the server for its state again. */
  refresh(): void;
}

/** The server's provider, model and knowledge base, and whether it can be reached. */
export function useServer(): Server {
  const store = useChatStore();
  const info = useChatState((state) => state.server);
  return {
    ...info,
    online: useChatState((state) => state.online),
    needsToken: useChatState((state) => state.needsToken),
    tokenRejected: useChatState((state) => state.tokenRejected),
    setToken: store.setToken,
    refresh: store.refreshServer,
  };
}
