import { useChatState, useChatStore } from "./storeContext";
import { isActive, type RunState } from "../stream/runState";
import type { OpenConversation } from "../store/state";

export interface StreamingChat {
  conversation: OpenConversation;
  run: RunState;
  /** A run goes on: the input is disabled and Send is Stop. */
  active: boolean;
  /** Whether Retry can help after the last answer failed. */
  canRetry: boolean;
  /** Whether the last answer was interrupted and can be gone on with. */
  canContinue: boolean;
  /**
   * Sends a message; text that is empty or longer than the limit is not sent. Returns whether it was sent.
   */
  send(text: string): boolean;
  /** Ends the answer; harmless when pressed twice or when nothing runs. */
  stop(): void;
  /** Asks another question in the place of one; the old one stays. Returns whether the text was taken. */
  edit(id: string, text: string): boolean;
  /** Asks for another answer in the place of one; the old one stays. */
  regenerate(id: string): void;
  /** Shows another version of a message, and what stands under it. */
  showVersion(id: string): void;
  /** Goes on with the interrupted answer. */
  continueAnswer(): void;
  /** Asks the failed message again, or resumes its run where that still lives. */
  retry(): void;
  /** Gives up on reconnecting; the answer so far stays, with Retry. */
  cancelRetry(): void;
  /** Reconnects at once instead of waiting for the countdown. */
  retryNow(): void;
  /** Loads the open conversation again after `conversation.status` was `failed`. */
  reload(): void;
  /** Loads the earlier messages again after `conversation.earlier` was `failed`. */
  loadEarlier(): void;
  dismissNotice(): void;
  /** The text that could not be sent, once; null afterwards. */
  takeDraft(): string | null;
}

/** The open conversation, its running answer and what the user can do with them. */
export function useStreamingChat(): StreamingChat {
  const store = useChatStore();
  const conversation = useChatState((state) => state.current);
  return {
    conversation,
    run: conversation.run,
    active: isActive(conversation.run),
    canRetry: store.canRetry(conversation),
    canContinue: store.canContinue(conversation),
    send: store.send,
    edit: store.edit,
    regenerate: store.regenerate,
    showVersion: store.showVersion,
    continueAnswer: store.continueAnswer,
    stop: store.stop,
    retry: store.retry,
    cancelRetry: store.cancelRetry,
    retryNow: store.retryNow,
    reload: store.reload,
    loadEarlier: store.loadEarlier,
    dismissNotice: store.dismissNotice,
    takeDraft: store.takeDraft,
  };
}
