import type { ReactNode } from "react";
import type { Message } from "../types/rest";
import { answerFacts, endingOf } from "./answerFacts";
import { CopyButton } from "./CopyButton";
import { RegenerateIcon } from "./partIcons";

interface AnswerMetaProps {
  readonly message: Message;
  /** Something else says how the answer ended. */
  readonly isEndingTold: boolean;
  /** The switch between versions of the answer, where there are several. */
  readonly versions: ReactNode;
  /** Null when another answer cannot be asked for now. */
  readonly onRegenerate: (() => void) | null;
}

/** The last line of a finished answer: how it ended, how long it took, what wrote it, and what can be done with it. */
export function AnswerMeta({ message, isEndingTold, versions, onRegenerate }: AnswerMetaProps) {
  const ending = endingOf(message);
  const facts = answerFacts(message).filter((fact) => !isEndingTold || fact !== ending);
  // What the user has ended themselves is no warning.
  const isWarning = ending !== "" && !isEndingTold && message.status !== "cancelled";
  return (
    <footer className="answer-meta">
      {versions}
      <p className="facts" data-testid="meta">
        {facts.map((fact, index) => (
          <span key={fact} className={isWarning && index === 0 ? "fact ending" : "fact"}>
            {fact}
          </span>
        ))}
      </p>
      <span className="answer-actions">
        {onRegenerate && (
          <button
            type="button"
            className="icon-button small"
            aria-label="Regenerate answer"
            title="Regenerate"
            onClick={onRegenerate}
          >
            <RegenerateIcon />
          </button>
        )}
        {message.content !== "" && <CopyButton label="Copy answer" text={() => message.content} />}
      </span>
    </footer>
  );
}
