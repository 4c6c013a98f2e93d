import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { sendsMessage } from "./composerKeys";

interface EditMessageProps {
  readonly text: string;
  /** The most characters that a message may have. */
  readonly limit: number;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

/** Where a message that was sent is written differently. Enter sends it, Esc leaves everything as it is. */
export function EditMessage({ text: before, limit, onSave, onCancel }: EditMessageProps) {
  const [text, setText] = useState(before);
  const input = useRef<HTMLTextAreaElement>(null);
  const { length } = text.trim();
  const canSave = length > 0 && length <= limit;
  useEffect(() => {
    const area = input.current;
    area?.focus({ preventScroll: true });
    area?.setSelectionRange(area.value.length, area.value.length);
    area?.scrollIntoView({ block: "nearest" });
  }, []);
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);
  const save = (): void => {
    if (canSave) onSave(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { key, shiftKey, altKey, keyCode } = event;
    const { isComposing } = event.nativeEvent;
    if (key === "Escape" && !isComposing) {
      event.preventDefault();
      event.stopPropagation();
      onCancel();
    } else if (sendsMessage({ key, shiftKey, altKey, keyCode, isComposing })) {
      event.preventDefault();
      save();
    }
  };
  return (
    <form
      className="edit-message"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={input}
        rows={1}
        value={text}
        aria-label="Edit your message"
        aria-invalid={length > limit}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {length > limit && (
        <p className="count over" role="alert">
          {`${length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`}
        </p>
      )}
      <div className="edit-actions">
        <button type="button" className="button plain" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button primary" disabled={!canSave}>
          Save &amp; send
        </button>
      </div>
    </form>
  );
}
