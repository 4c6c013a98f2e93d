/** What a key event in the composer is judged by. */
export interface ComposerKey {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/**
 * Whether a key sends the message: Enter, but with Shift (or Alt) it is a new line, and while an input method composes
 * it confirms the composition. Safari ends the composition before the key event; its key code is still 229.
 */
export function sendsMessage({ key, shiftKey, altKey, isComposing, keyCode }: ComposerKey): boolean {
  return key === "Enter" && !shiftKey && !altKey && !isComposing && keyCode !== 229;
}
