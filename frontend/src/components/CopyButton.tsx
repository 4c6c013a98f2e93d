import { useEffect, useState } from "react";
import { CheckIcon, CopyIcon } from "./partIcons";

/** How long the button says "Copied", in milliseconds. */
const feedbackTime = 1_800;

type Feedback = "none" | "copied" | "failed";

/** Copies text to the clipboard and says whether that worked. */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const [feedback, setFeedback] = useState<Feedback>("none");
  useEffect(() => {
    if (feedback === "none") return;
    const timer = setTimeout(() => setFeedback("none"), feedbackTime);
    return () => clearTimeout(timer);
  }, [feedback]);
  const copy = (): void => {
    copyText(text()).then(
      () => setFeedback("copied"),
      () => setFeedback("failed"),
    );
  };
  return (
    <button
      type="button"
      className="quiet-button copy"
      aria-label={label}
      data-feedback={feedback}
      onClick={copy}
    >
      {feedback === "copied" ? <CheckIcon /> : <CopyIcon />}
      <span className="copy-text" aria-live="polite">
        {feedback === "copied" ? "Copied" : feedback === "failed" ? "Not copied" : "Copy"}
      </span>
    </button>
  );
}

/** `navigator.clipboard` is there only over HTTPS and on localhost; elsewhere the old command still works. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser refused to copy.");
}
