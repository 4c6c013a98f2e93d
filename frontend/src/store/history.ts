import { isActive } from "../stream/runState";
import type { OpenConversation } from "./state";

/** Whether Retry can help: nothing runs, and the last message is a failed answer whose error is retryable. */
export function canRetry(conversation: OpenConversation): boolean {
  if (isActive(conversation.run)) return false;
  const last = conversation.messages[conversation.messages.length - 1];
  if (last === undefined || last.role !== "assistant") return false;
  if (last.status === "interrupted") return last.error?.retryable ?? true;
  return last.status === "error" && (last.error?.retryable ?? false);
}
