import { memo, useMemo, useRef } from "react";
import type { Version } from "../store/messageTree";
import { isActive, type RunState } from "../stream/runState";
import type { Message } from "../types/rest";
import { Answer } from "./Answer";
import type { TurnActions } from "./turnActions";
import { useEarlierTurns } from "./useEarlierTurns";
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

interface SectionProps extends TurnActions, Pick<MessageListProps, "versions"> {
  readonly messages: readonly Message[];
  /** The answer that is being written, where it stands in this section. */
  readonly run: RunState | null;
  /** The message before the first one. */
  readonly before: Message | null;
  readonly isLast: boolean;
  /** Far enough up that the browser may skip it while it is out of view. */
  readonly isSettled: boolean;
}

/** Messages per section. While an answer is written, only the last section is drawn again. */
const sectionSize = 4;

/**
 * The branch of the conversation that is shown and, in the place that it will have there, the answer that is being
 * written. What is drawn in a place is kept when another version comes there: so the button that brought it keeps the
 * focus.
 */
export function MessageList({ messages, versions, run, ...actions }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null);
  const active = isActive(run) ? run : null;
  const finished = useMemo(() => sectionsOf(messages), [messages]);
  const needsMore = active !== null && finished[finished.length - 1]?.length === sectionSize;
  const sections = needsMore || finished.length === 0 ? [...finished, noMessages] : finished;
  const last = sections.length - 1;
  const first = useEarlierTurns(sections.length, list);
  return (
    <div ref={list} className="messages">
      {sections.slice(first).map((section, offset) => {
        const index = first + offset;
        const isLast = index === last;
        return (
          <Section
            key={index}
            messages={section}
            run={isLast ? active : null}
            before={messages[index * sectionSize - 1] ?? null}
            versions={versions}
            isLast={isLast}
            isSettled={index < last - 1}
            {...actions}
            onRetry={isLast ? actions.onRetry : null}
            onContinue={isLast ? actions.onContinue : null}
          />
        );
      })}
    </div>
  );
}

const noMessages: readonly Message[] = [];

function sectionsOf(messages: readonly Message[]): (readonly Message[])[] {
  const sections = [];
  for (let start = 0; start < messages.length; start += sectionSize) {
    sections.push(messages.slice(start, start + sectionSize));
  }
  return sections;
}

/** Some messages that follow each other. */
const Section = memo(function Section(props: SectionProps) {
  const { messages, run, before, versions, isLast, isSettled, ...actions } = props;
  const entries: readonly (Message | RunState)[] = run === null ? messages : [...messages, run];
  return (
    <div className={isSettled ? "turns settled" : "turns"}>
      {entries.map((entry, index) => {
        const isLatest = isLast && index === entries.length - 1;
        const [onRetry, onContinue] = isLatest ? [actions.onRetry, actions.onContinue] : [null, null];
        const version = "role" in entry ? (versions.get(entry.id) ?? null) : null;
        const asked = index === 0 ? before : messages[index - 1];
        return (
          <Turn
            key={index}
            entry={entry}
            question={asked?.content ?? ""}
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
});

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
