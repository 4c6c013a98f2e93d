import { memo, useMemo } from "react";
import type { Version } from "../store/messageTree";
import { isActive, type RunState } from "../stream/runState";
import type { Message } from "../types/rest";
import { Answer } from "./Answer";
import type { TurnActions } from "./turnActions";
import { UserMessage } from "./UserMessage";

interface MessageListProps extends TurnActions {
  readonly messages: readonly Message[];
  /** Of the messages that have others in the same place. */
  readonly versions: ReadonlyMap<string, Version>;
  readonly run: RunState;
}

interface TurnProps extends TurnActions {
  readonly entry: Message | RunState;
  /** The message before it. */
  readonly question: string;
  readonly isLatest: boolean;
  readonly version: Version | null;
}

/**
 * The branch of the conversation that is shown and, in the place that it will have there, the answer that is being
 * written. What is drawn in a place is kept when another version comes there: so the button that brought it keeps the
 * focus.
 */
export function MessageList({ messages, versions, run, ...actions }: MessageListProps) {
  const entries: readonly (Message | RunState)[] = isActive(run) ? [...messages, run] : messages;
  return (
    <div className="messages">
      {entries.map((entry, index) => {
        const isLatest = index === entries.length - 1;
        const [onRetry, onContinue] = isLatest ? [actions.onRetry, actions.onContinue] : [null, null];
        const version = "role" in entry ? (versions.get(entry.id) ?? null) : null;
        const before = entries[index - 1];
        const question = before !== undefined && "role" in before ? before.content : "";
        return (
          <Turn
            key={index}
            entry={entry}
            question={question}
            version={version}
            {...actions}
            isLatest={isLatest}
            onRetry={onRetry}
            onContinue={onContinue}
          />
        );
      })}
    </div>
  );
}

/** One entry. The same component draws a run and the message that it becomes, so React keeps what is there. */
const Turn = memo(function Turn({ entry, question, isLatest, version, ...rest }: TurnProps) {
  const content = useMemo(() => ("role" in entry ? { message: entry } : { run: entry }), [entry]);
  if ("role" in entry && entry.role === "user") {
    return (
      <UserMessage
        id={entry.id}
        text={entry.content}
        version={version}
        onEdit={rest.onEdit}
        onShowVersion={rest.onShowVersion}
      />
    );
  }
  return (
    <Answer content={content} question={question} isLatest={isLatest} version={version} actions={rest} />
  );
});
