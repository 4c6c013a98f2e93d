import type { Message } from "../types/rest";
import { AnswerMeta } from "./AnswerMeta";
import { failureOf } from "./answerFacts";
import { ErrorCard } from "./ErrorCard";

interface FinishedFootProps {
  readonly message: Message;
  /** Set on the last answer when asking again can help. */
  readonly onRetry: (() => void) | null;
}

/** What stands under an answer that is over: why it failed, or its facts. */
export function FinishedFoot({ message, onRetry }: FinishedFootProps) {
  const failure = failureOf(message);
  const isEmpty = message.content === "";
  return (
    <>
      {isEmpty && message.status === "cancelled" && !failure && (
        <p className="no-text">Stopped before the first word.</p>
      )}
      {failure && <ErrorCard message={failure.message} code={failure.code} onRetry={onRetry} />}
      {!(isEmpty && failure) && <AnswerMeta message={message} />}
    </>
  );
}
