import { memo, useMemo } from "react";
import { isActive, type RunState } from "../stream/runState";
import type { Message } from "../types/rest";
import { Answer } from "./Answer";
import { UserMessage } from "./UserMessage";

interface TurnActions {
  /** Null when asking again cannot help. */
  readonly onRetry: (() => void) | null;
  readonly onTryNow: () => void;
  readonly onCancelRetry: () => void;
}

interface MessageListProps extends TurnActions {
  readonly messages: readonly Message[];
  readonly run: RunState;
}

interface TurnProps extends TurnActions {
  readonly entry: Message | RunState;
  readonly isLatest: boolean;
}

/**
 * The conversation: the history and, under the key that it will have there, the answer that is being written. They are
 * one list, for React keeps an element only among its siblings.
 */
export function MessageList({ messages, run, ...actions }: MessageListProps) {
  const entries: readonly (Message | RunState)[] = isActive(run) ? [...messages, run] : messages;
  return (
    <div className="messages">
      {entries.map((entry, index) => {
        const isLatest = index === entries.length - 1;
        const onRetry = isLatest ? actions.onRetry : null;
        return <Turn key={keyOf(entry)} entry={entry} {...actions} isLatest={isLatest} onRetry={onRetry} />;
      })}
    </div>
  );
}

function keyOf(entry: Message | RunState): string {
  return "role" in entry ? entry.id : (entry.metadata?.message_id ?? "next");
}

/** One entry. The same component draws a run and the message that it becomes, so React keeps what is there. */
const Turn = memo(function Turn({ entry, ...rest }: TurnProps) {
  const content = useMemo(() => ("role" in entry ? { message: entry } : { run: entry }), [entry]);
  if ("role" in entry && entry.role === "user") return <UserMessage text={entry.content} />;
  return <Answer content={content} {...rest} />;
});
