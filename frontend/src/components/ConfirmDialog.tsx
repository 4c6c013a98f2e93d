import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  /** What the confirming button says. */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

/** Asks before something that cannot be undone. The focus begins on the harmless answer. */
export function ConfirmDialog({ title, text, action, onConfirm, onCancel }: ConfirmDialogProps) {
  return (
    <Dialog label={title} className="confirm-dialog" onClose={onCancel}>
      <h2>{title}</h2>
      <p>{text}</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" className="button danger" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
