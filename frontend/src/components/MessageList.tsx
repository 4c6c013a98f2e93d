import { memo, useMemo, useRef, useState } from "react";
import type { OpenConversation } from "../store";
import type { Version } from "../store/messageTree";
import { isActive, type RunState } from "../stream/runState";
import type { Message } from "../types/rest";
import { Answer } from "./Answer";
import { EarlierNotice } from "./EarlierNotice";
import type { TurnActions } from "./turnActions";
import { useEarlierTurns } from "./useEarlierTurns";
import { UserMessage } from "./UserMessage";

interface MessageListProps extends TurnActions {
  readonly messages: readonly Message[];
  /** Of the messages that have others in the same place. */
  readonly versions: ReadonlyMap<string, Version>;
  readonly run: RunState;
  /** Whether there are messages before these that are not here yet. */
  readonly earlier?: OpenConversation["earlier"];
  readonly onLoadEarlier?: () => void;
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
  /** The place of the first one in the section. */
  readonly place: number;
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
export function MessageList(props: MessageListProps) {
  const { messages, versions, run, earlier = "none", onLoadEarlier = nothing, ...actions } = props;
  const list = useRef<HTMLDivElement>(null);
  const active = isActive(run) ? run : null;
  const { before, sections: finished } = useSections(messages);
  const isFull = (messages.length - before) % sectionSize === 0;
  const needsMore = messages.length === 0 || (active !== null && isFull);
  const sections = needsMore ? [...finished, noMessages] : finished;
  const top = -Math.ceil(before / sectionSize);
  const last = top + sections.length - 1;
  const first = useEarlierTurns(top, last, list, earlier !== "none");
  return (
    <>
      {earlier !== "none" && <EarlierNotice isLoading={earlier === "loading"} onRetry={onLoadEarlier} />}
      <div ref={list} className="messages">
        {sections.slice(first - top).map((section, offset) => {
          const number = first + offset;
          const isLast = number === last;
          const start = Math.max(0, number * sectionSize + before);
          return (
            <Section
              key={number}
              messages={section}
              place={start - before - number * sectionSize}
              run={isLast ? active : null}
              before={messages[start - 1] ?? null}
              versions={versions.size === 0 ? noVersions : versions}
              isLast={isLast}
              isSettled={number < last - 1}
              {...actions}
              onRetry={isLast ? actions.onRetry : null}
              onContinue={isLast ? actions.onContinue : null}
            />
          );
        })}
      </div>
    </>
  );
}

const nothing = (): void => {};
const noMessages: readonly Message[] = [];
const noVersions: ReadonlyMap<string, Version> = new Map();

interface Drawn {
  readonly messages: readonly Message[];
  /** How many messages have come before the one that was the first when the list was made. */
  readonly before: number;
  readonly sections: readonly (readonly Message[])[];
}

/**
 * The messages in sections. Counted from the one that was the first, a message stays in its section when others come
 * before it; a section in which nothing has changed is the same list.
 */
function useSections(messages: readonly Message[]): Drawn {
  const [drawn, setDrawn] = useState<Drawn>(() => ({
    messages,
    before: 0,
    sections: sectionsOf(messages, 0),
  }));
  if (drawn.messages === messages) return drawn;
  // When it is not there any more, it has made way for another version of itself, which has the same place.
  const id = drawn.messages[0]?.id;
  const more = messages.findIndex((message) => message.id === id);
  const before = drawn.before + Math.max(0, more);
  const known = new Map(drawn.sections.map((section) => [section[0]?.id, section]));
  const sections = sectionsOf(messages, before).map((section) => {
    const same = known.get(section[0]?.id);
    return same !== undefined && isSame(same, section) ? same : section;
  });
  const next = { messages, before, sections };
  setDrawn(next);
  return next;
}

function sectionsOf(messages: readonly Message[], before: number): (readonly Message[])[] {
  const sections = [];
  for (let start = 0; start < messages.length;) {
    const end = start + sectionSize - ((((start - before) % sectionSize) + sectionSize) % sectionSize);
    sections.push(messages.slice(start, end));
    start = end;
  }
  return sections;
}

function isSame(one: readonly Message[], other: readonly Message[]): boolean {
  return one.length === other.length && one.every((message, index) => message === other[index]);
}

/** Some messages that follow each other. */
const Section = memo(function Section(props: SectionProps) {
  const { messages, place, run, before, versions, isLast, isSettled, ...actions } = props;
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
            key={place + index}
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
