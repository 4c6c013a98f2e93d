import { useEffect, useRef, type CSSProperties, type ReactNode } from "react";

interface DialogProps {
  readonly label: string;
  readonly className: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly style?: CSSProperties;
  /** Pressing beside it or Esc closes it; not so when the page can do nothing without an answer. */
  readonly isDismissible?: boolean;
}

/**
 * A modal dialog on the platform's own element: the browser keeps the focus inside, closes it with Esc and gives the
 * focus back to where it was. It is open as long as it is drawn.
 */
export function Dialog({ label, className, onClose, children, style, isDismissible = true }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (!dialog) return;
    const opener = document.activeElement;
    if (typeof dialog.showModal === "function" && !dialog.open) dialog.showModal();
    else dialog.setAttribute("open", "");
    return () => {
      if (dialog.open && typeof dialog.close === "function") dialog.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={className}
      aria-label={label}
      style={style}
      onCancel={(event) => {
        event.preventDefault();
        if (isDismissible) onClose();
      }}
      onMouseDown={(event) => {
        if (isDismissible && event.target === event.currentTarget) onClose();
      }}
    >
      {/* The dialog has no padding of its own, so a press on it is a press beside its content. */}
      <div className="dialog-content">{children}</div>
    </dialog>
  );
}
