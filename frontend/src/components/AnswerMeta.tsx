import type { Message } from "../types/rest";
import { answerFacts, endingOf } from "./answerFacts";
import { CopyButton } from "./CopyButton";

/** The last line of a finished answer: how it ended, how long it took, what wrote it, and Copy. */
export function AnswerMeta({ message }: { message: Message }) {
  const facts = answerFacts(message);
  const isPartial = endingOf(message) !== "";
  return (
    <footer className="answer-meta">
      <p className="facts" data-testid="meta">
        {facts.map((fact, index) => (
          <span key={fact} className={isPartial && index === 0 ? "fact ending" : "fact"}>
            {fact}
          </span>
        ))}
      </p>
      {message.content !== "" && <CopyButton label="Copy answer" text={() => message.content} />}
    </footer>
  );
}
