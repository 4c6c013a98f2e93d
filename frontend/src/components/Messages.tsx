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
      {messages.map(({ id, role, content }) => (
        <div key={id} className={role === "user" ? "question" : "answer"}>
          <p className={role === "user" ? "bubble" : "markdown plain"}>{content}</p>
        </div>
      ))}
      {isActive(run) && <p className="markdown plain live">{run.text}</p>}
    </div>
  );
}
