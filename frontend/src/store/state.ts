import type { Message, Session } from "../types/rest";
import type { Version } from "./messageTree";
import { IDLE_RUN, type RunState } from "../stream/runState";

/** How far something that is fetched has come. */
export type LoadStatus = "idle" | "loading" | "ready" | "failed";

export interface ConversationList {
  status: LoadStatus;
  /** Newest first. */
  items: readonly Session[];
  hasMore: boolean;
  /** A sentence, when the list could not be loaded. */
  error: string | null;
}

/** The conversation on the page. */
export interface OpenConversation {
  /** null: a new conversation that the server does not know yet. */
  id: string | null;
  title: string | null;
  status: LoadStatus;
  /** A sentence, when the messages could not be loaded or the conversation does not exist. */
  error: string | null;
  /** True when the conversation does not exist (any more): offer a new one instead of a retry. */
  notFound: boolean;
  /**
   * The branch that is shown, oldest first: finished messages and the user's own; the answer that is being
   * written is in `run`. An answer is added exactly once, in the same update in which `run` ends.
   */
  messages: readonly Message[];
  /** Of those messages that have others in the same place: an edited question, an answer written again. */
  versions: ReadonlyMap<string, Version>;
  /** Whether there are messages before these, which are being read, or could not be. */
  earlier: "none" | "loading" | "failed";
  run: RunState;
  /** What the user should know about the last action ("…was not sent"); null when nothing. */
  notice: string | null;
  /** Text that could not be sent and belongs back in the input; take it with `takeDraft()`. */
  returnedDraft: string | null;
}

export interface ServerInfo {
  status: "unknown" | "ready" | "unavailable" | "unreachable";
  provider: string | null;
  model: string | null;
  /** Why the server is not ready, as a sentence. */
  message: string | null;
  documents: number | null;
}

/** A page beside the conversations; null where a conversation is shown. Its query has its question mark. */
export type Place = { readonly path: string; readonly query: string } | null;

export interface ChatState {
  place: Place;
  /** Documents that were deleted since the page was loaded, in this tab or another one of this browser. */
  removedDocuments: ReadonlySet<string>;
  conversations: ConversationList;
  current: OpenConversation;
  /** Ids of conversations that are being answered, also in the background. */
  activeSessionIds: ReadonlySet<string>;
  server: ServerInfo;
  /** The server wants an access token (and has refused the one it got, when `rejected`). */
  needsToken: boolean;
  tokenRejected: boolean;
  /** Whether the browser has a network. */
  online: boolean;
}

/** The most characters that a message may have (the server's limit). */
export const MESSAGE_LIMIT = 8000;

export const INITIAL_STATE: ChatState = {
  place: null,
  removedDocuments: new Set(),
  conversations: { status: "idle", items: [], hasMore: false, error: null },
  current: {
    id: null,
    title: null,
    status: "ready",
    error: null,
    notFound: false,
    messages: [],
    versions: new Map(),
    earlier: "none",
    run: IDLE_RUN,
    notice: null,
    returnedDraft: null,
  },
  activeSessionIds: new Set(),
  server: { status: "unknown", provider: null, model: null, message: null, documents: null },
  needsToken: false,
  tokenRejected: false,
  online: true,
};
