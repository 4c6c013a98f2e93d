/** What can be done about a message. The ones that are null are not offered. */
export interface TurnActions {
  /** Asks for the failed answer again. */
  readonly onRetry: (() => void) | null;
  /** Goes on with the interrupted answer. */
  readonly onContinue: (() => void) | null;
  /** Connects again at once. */
  readonly onTryNow: () => void;
  readonly onCancelRetry: () => void;
  /** Asks another question in the place of one; returns whether the text was taken. */
  readonly onEdit: ((id: string, text: string) => boolean) | null;
  /** Asks for another answer in the place of one. */
  readonly onRegenerate: ((id: string) => void) | null;
  /** Shows another version of a message. */
  readonly onShowVersion: ((id: string) => void) | null;
}
