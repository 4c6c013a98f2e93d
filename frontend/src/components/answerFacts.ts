import type { Message } from "../types/rest";
import { formatDuration } from "./durations";
import { modelLabel } from "./modelLabel";

/** The quiet facts under a finished answer, in the order in which they are shown. */
export function answerFacts(message: Message): string[] {
  const facts: string[] = [];
  const ending = endingOf(message);
  if (ending) facts.push(ending);
  if (message.timings && message.status === "done") facts.push(formatDuration(message.timings.total_ms));
  const tokens = message.usage?.completion_tokens ?? message.receipt?.token_count;
  if (tokens) facts.push(`${tokens.toLocaleString("en")} ${tokens === 1 ? "token" : "tokens"}`);
  if (message.finish_reason === "length") facts.push("Cut at the model's length limit");
  const model = modelLabel(message.provider ?? null, message.model ?? null);
  if (model) facts.push(model);
  return facts;
}

/** How an answer ended that is not complete; empty for a complete one. */
export function endingOf(message: Message): string {
  switch (message.status) {
    case "cancelled":
      if (message.receipt) return `Stopped in ${formatDuration(message.receipt.stopped_in_ms)}`;
      return "Stopped";
    case "interrupted":
      return "Interrupted";
    case "error":
      return message.content === "" ? "" : "Incomplete";
    default:
      return "";
  }
}

/** Why an answer failed, as the card shows it; null for one that did not fail. */
export function failureOf(message: Message): { code: string; message: string } | null {
  if (message.error) return { code: message.error.code, message: message.error.message };
  if (message.status === "interrupted") {
    return { code: "INTERRUPTED", message: "The server restarted while this was being written." };
  }
  if (message.status === "error") return { code: "INTERNAL", message: "The answer could not be completed." };
  return null;
}
