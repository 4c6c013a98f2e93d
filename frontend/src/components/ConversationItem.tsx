import { memo, useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { Session } from "../types/rest";
import { isModified } from "./PlaceLink";
import { PencilIcon, TrashIcon } from "./partIcons";

interface ConversationItemProps {
  readonly session: Session;
  readonly isCurrent: boolean;
  readonly isRunning: boolean;
  readonly onOpen: (id: string) => void;
  readonly onRename: (id: string, title: string) => void;
  readonly onDelete: (session: Session) => void;
}

/** A conversation in the list: a link that can also be opened in a tab, with Rename and Delete beside it. */
export const ConversationItem = memo(function ConversationItem(props: ConversationItemProps) {
  const { session, isCurrent, isRunning, onOpen, onRename, onDelete } = props;
  const [isEditing, setEditing] = useState(false);
  const rename = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    // The field is gone: the focus goes back to the button that had opened it.
    if (wasEditing.current && !isEditing && document.activeElement === document.body) rename.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  const title = session.title || "New conversation";

  if (isEditing) {
    return (
      <li className="conversation editing">
        <TitleInput
          title={session.title}
          onDone={(next) => {
            setEditing(false);
            if (next !== null && next !== session.title) onRename(session.id, next);
          }}
        />
      </li>
    );
  }
  return (
    <li className={isCurrent ? "conversation current" : "conversation"}>
      <a
        href={`/c/${session.id}`}
        className="conversation-link"
        aria-current={isCurrent ? "page" : undefined}
        title={title}
        onClick={(event) => {
          if (isModified(event)) return;
          event.preventDefault();
          onOpen(session.id);
        }}
      >
        <span className="conversation-title">{title}</span>
        {isRunning && (
          <span className="running-dot" data-testid="active-run">
            <span className="visually-hidden">, answering</span>
          </span>
        )}
      </a>
      <span className="conversation-actions">
        <button
          ref={rename}
          type="button"
          className="icon-button small"
          aria-label={`Rename ${title}`}
          title="Rename"
          onClick={() => setEditing(true)}
        >
          <PencilIcon />
        </button>
        <button
          type="button"
          className="icon-button small"
          aria-label={`Delete ${title}`}
          title="Delete"
          onClick={() => onDelete(session)}
        >
          <TrashIcon />
        </button>
      </span>
    </li>
  );
});

/** Enter and leaving the field keep the title, Esc does not. */
function TitleInput({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const [text, setText] = useState(title);
  const input = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);
  const finish = (next: string | null): void => {
    if (isDone.current) return;
    isDone.current = true;
    onDone(next?.trim() ? next.trim() : null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      // Else the same key would press the button that takes the focus.
      event.preventDefault();
      finish(text);
    }
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    finish(null);
  };
  return (
    <input
      ref={input}
      className="title-input"
      aria-label="Title of the conversation"
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => finish(text)}
    />
  );
}
