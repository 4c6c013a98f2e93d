import type { Message } from "../types/rest";
import { AnswerMeta } from "./AnswerMeta";
import { failureOf } from "./answerFacts";
import { ErrorCard } from "./ErrorCard";

interface FinishedFootProps {
  readonly message: Message;
  /** Whether it is the last answer. */
  readonly isLatest: boolean;
  /** Null when asking again cannot help. */
  readonly onRetry: (() => void) | null;
}

/** What stands under an answer that is over: why it failed, or its facts. */
export function FinishedFoot({ message, isLatest, onRetry }: FinishedFootProps) {
  const failure = failureOf(message);
  const isEmpty = message.content === "";
  return (
    <>
      {isEmpty && message.status === "cancelled" && !failure && (
        <p className="no-text">Stopped before the first word.</p>
      )}
      {failure && <ErrorCard {...failure} isLatest={isLatest} onRetry={onRetry} />}
      {!(isEmpty && failure) && <AnswerMeta message={message} />}
    </>
  );
}
