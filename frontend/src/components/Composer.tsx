import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type RefObject,
} from "react";
import { MESSAGE_LIMIT } from "../store";
import { sendsMessage } from "./composerKeys";
import { readDraft, writeDraft } from "./drafts";
import { SendIcon, StopIcon } from "./icons";

interface ComposerProps {
  readonly conversationId: string | null;
  /** A run goes on: the input is disabled and Send is Stop. */
  readonly isActive: boolean;
  readonly isStopping: boolean;
  /** Text that the store gives back because it could not be sent. */
  readonly returned: string | null;
  readonly takeReturned: () => string | null;
  readonly onSend: (text: string) => boolean;
  readonly onStop: () => void;
}

/** From this many characters on, the counter is shown. */
const counterFrom = MESSAGE_LIMIT - 1_000;

/** What the Enter key of a touch keyboard says; React's types lack it on a textarea. */
const keyHint = { enterKeyHint: "send" };

/** Where a message is written. The draft belongs to the conversation. */
export function Composer(props: ComposerProps) {
  const { conversationId, isActive, isStopping, onSend, onStop } = props;
  const [text, setText] = useDraft(conversationId, props.returned, props.takeReturned);
  const input = useRef<HTMLTextAreaElement>(null);
  const length = text.trim().length;
  const isTooLong = length > MESSAGE_LIMIT;
  const canSend = length > 0 && !isTooLong && !isActive;
  useGrowth(input, text);
  useFocusAfterRun(input, isActive, conversationId);

  const send = (): void => {
    if (canSend && onSend(text.trim())) setText("");
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (!sendsMessage({ ...pick(event), isComposing: event.nativeEvent.isComposing })) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="composer-field" data-active={isActive}>
        <textarea
          ref={input}
          rows={1}
          value={text}
          aria-label="Message"
          aria-describedby={length >= counterFrom ? "composer-count" : undefined}
          aria-invalid={isTooLong}
          placeholder={isActive ? "" : "Ask about your documents"}
          disabled={isActive}
          {...keyHint}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {/* Keys keep them two elements: React must never turn the Stop that is being pressed into a Send. */}
        {isActive ? (
          <button
            key="stop"
            type="button"
            className="round-button stop"
            aria-label="Stop"
            title="Stop (Esc)"
            disabled={isStopping}
            onClick={onStop}
          >
            <StopIcon />
          </button>
        ) : (
          <button
            key="send"
            type="submit"
            className="round-button send"
            aria-label="Send"
            title="Send (Enter)"
            disabled={!canSend}
          >
            <SendIcon />
          </button>
        )}
      </div>
      <div className="composer-foot">
        {length >= counterFrom ? (
          <p
            id="composer-count"
            className={isTooLong ? "count over" : "count"}
            role={isTooLong ? "alert" : undefined}
          >
            {`${length.toLocaleString("en")} of ${MESSAGE_LIMIT.toLocaleString("en")} characters`}
          </p>
        ) : (
          <p className="hint" aria-hidden="true">
            {isActive ? (
              <>
                <kbd>Esc</kbd> stops the answer
              </>
            ) : (
              <>
                <kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> makes a new line
              </>
            )}
          </p>
        )}
      </div>
    </form>
  );
}

function pick(event: KeyboardEvent): { key: string; shiftKey: boolean; altKey: boolean; keyCode: number } {
  return { key: event.key, shiftKey: event.shiftKey, altKey: event.altKey, keyCode: event.keyCode };
}

/** The text of the conversation's draft. Text that could not be sent comes back unless something else is there. */
function useDraft(
  conversationId: string | null,
  returned: string | null,
  takeReturned: () => string | null,
): [string, (text: string) => void] {
  const [draft, setDraft] = useState({ conversationId, text: readDraft(conversationId) });
  if (draft.conversationId !== conversationId) setDraft({ conversationId, text: readDraft(conversationId) });
  const setText = useCallback(
    (text: string) => {
      setDraft({ conversationId, text });
      writeDraft(conversationId, text);
    },
    [conversationId],
  );
  useEffect(() => {
    if (returned === null) return;
    const text = takeReturned();
    if (text !== null && readDraft(conversationId) === "") setText(text);
  }, [returned, takeReturned, conversationId, setText]);
  return [draft.text, setText];
}

/** Makes the input as high as its text; the style sheet limits it. */
function useGrowth(input: RefObject<HTMLTextAreaElement>, text: string): void {
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [input, text]);
}

/**
 * Gives the focus back to the input when a run has ended, if it was there or nowhere, and when another conversation is
 * shown; a new one takes it in any case. Not on touch screens, where it would bring up the keyboard over the answer.
 */
function useFocusAfterRun(
  input: RefObject<HTMLTextAreaElement>,
  isActive: boolean,
  conversationId: string | null,
): void {
  useEffect(() => {
    if (isActive || window.matchMedia("(pointer: coarse)").matches) return;
    const focused = document.activeElement;
    const isFree = focused === null || focused === document.body || focused.matches(".round-button");
    if (isFree) input.current?.focus({ preventScroll: true });
  }, [input, isActive, conversationId]);
  useEffect(() => {
    if (conversationId !== null || window.matchMedia("(pointer: coarse)").matches) return;
    input.current?.focus({ preventScroll: true });
  }, [input, conversationId]);
}
