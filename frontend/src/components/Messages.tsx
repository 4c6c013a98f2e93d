import type { ComponentProps } from "react";
import { isActive } from "../stream/runState";
import { LazyPart } from "./LazyPart";
import { LazyMessageList } from "./lazyParts";

type MessagesProps = ComponentProps<typeof LazyMessageList>;

/** The conversation. Should the code that draws it not have loaded, its texts are shown as they were written. */
export function Messages(props: MessagesProps) {
  if (props.messages.length === 0 && !isActive(props.run)) return null;
  return (
    <LazyPart fallback={<PlainMessages {...props} />}>
      <LazyMessageList {...props} />
    </LazyPart>
  );
}

function PlainMessages({ messages, run }: MessagesProps) {
  return (
    <div className="messages">
      {messages.map(({ id, role, content, status }) =>
        role === "user" ? (
          <article key={id} className="question" data-testid="question">
            <p className="bubble">{content}</p>
          </article>
        ) : (
          <PlainAnswer key={id} text={content} status={status} />
        ),
      )}
      {isActive(run) && <PlainAnswer text={run.text} status="running" />}
    </div>
  );
}

function PlainAnswer({ text, status }: { text: string; status: string }) {
  return (
    <article className="answer" data-testid="answer" data-status={status}>
      <p className="markdown plain">{text}</p>
    </article>
  );
}
