import { memo } from "react";

/** What the user wrote, as it was written. */
export const UserMessage = memo(function UserMessage({ text }: { text: string }) {
  return (
    <article className="question" data-testid="question">
      <h2 className="visually-hidden">You</h2>
      <p className="bubble">{text}</p>
    </article>
  );
});
