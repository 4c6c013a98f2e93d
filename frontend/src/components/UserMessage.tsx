import { memo, useEffect, useRef, useState } from "react";
import { MESSAGE_LIMIT } from "../store/state";
import type { Version } from "../store/messageTree";
import { PencilIcon } from "./partIcons";
import { EditMessage } from "./lazyParts";
import type { TurnActions } from "./turnActions";
import { VersionSwitch } from "./VersionSwitch";

interface UserMessageProps extends Pick<TurnActions, "onEdit" | "onShowVersion"> {
  readonly id: string;
  readonly text: string;
  readonly version: Version | null;
}

/** What the user wrote, as it was written, with the ways to ask it differently. */
export const UserMessage = memo(function UserMessage(props: UserMessageProps) {
  const { id, text, version, onEdit, onShowVersion } = props;
  // The id: when another version comes in this place, it is not the one that was being edited.
  const [edited, setEdited] = useState<string | null>(null);
  const isEditing = edited === id && onEdit !== null;
  const pencil = useRef<HTMLButtonElement>(null);
  useFocusAfterEditing(isEditing, pencil);
  const bubble = <p className="bubble">{text}</p>;
  return (
    <article className="question" data-testid="question">
      <h2 className="visually-hidden">You</h2>
      {isEditing ? (
        <EditMessage
          text={text}
          limit={MESSAGE_LIMIT}
          fallback={bubble}
          onSave={(next) => {
            if (onEdit(id, next)) setEdited(null);
          }}
          onCancel={() => setEdited(null)}
        />
      ) : (
        <>
          {bubble}
          <div className="question-tools">
            {onEdit && (
              <button
                ref={pencil}
                type="button"
                className="icon-button small edit"
                aria-label="Edit message"
                title="Edit"
                onClick={() => setEdited(id)}
              >
                <PencilIcon />
              </button>
            )}
            {version && <VersionSwitch version={version} onShow={onShowVersion} />}
          </div>
        </>
      )}
    </article>
  );
});

/** The field is gone: the focus goes back to the button that had opened it. */
function useFocusAfterEditing(isEditing: boolean, pencil: { readonly current: HTMLElement | null }): void {
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !isEditing && document.activeElement === document.body) pencil.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing, pencil]);
}
