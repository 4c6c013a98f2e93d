import type { Version } from "../store/messageTree";
import type { Message } from "../types/rest";
import { AnswerMeta } from "./AnswerMeta";
import { failureOf } from "./answerFacts";
import { ErrorCard } from "./ErrorCard";
import { InterruptedNotice } from "./InterruptedNotice";
import type { TurnActions } from "./turnActions";
import { VersionSwitch } from "./VersionSwitch";

interface FinishedFootProps {
  readonly message: Message;
  /** Whether it is the last answer. */
  readonly isLatest: boolean;
  readonly version: Version | null;
  readonly actions: TurnActions;
}

/** What stands under an answer that is over: why it failed, or its facts, and the ways on. */
export function FinishedFoot({ message, isLatest, version, actions }: FinishedFootProps) {
  const { onRetry, onContinue, onRegenerate, onShowVersion } = actions;
  const failure = failureOf(message);
  const isEmpty = message.content === "";
  const isInterrupted = failure !== null && isLatest && onContinue !== null;
  const versions = version && <VersionSwitch version={version} onShow={onShowVersion} />;
  // Where Retry is offered it does the same.
  const regenerate = onRetry === null && onRegenerate !== null ? () => onRegenerate(message.id) : null;
  return (
    <>
      {isEmpty && message.status === "cancelled" && !failure && (
        <p className="no-text">Stopped before the first word.</p>
      )}
      {isInterrupted && <InterruptedNotice onContinue={onContinue} />}
      {failure && !isInterrupted && (
        <ErrorCard {...failure} isLatest={isLatest} onRetry={onRetry} retryAt={message.retryAt ?? null} />
      )}
      {isEmpty && failure ? (
        versions && <footer className="answer-meta">{versions}</footer>
      ) : (
        <AnswerMeta
          message={message}
          isEndingTold={isInterrupted}
          versions={versions}
          onRegenerate={regenerate}
        />
      )}
    </>
  );
}
