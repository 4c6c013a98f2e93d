import type { ReactNode } from "react";
import type { Version } from "../store/messageTree";
import { NextIcon, PreviousIcon } from "./partIcons";

interface VersionSwitchProps {
  readonly version: Version;
  /** Null while an answer is being written. */
  readonly onShow: ((id: string) => void) | null;
}

/** Which of several versions of a message is shown, and the way to the others. */
export function VersionSwitch({ version, onShow }: VersionSwitchProps) {
  const { number, count, previous, next } = version;
  return (
    <span className="versions" role="group" aria-label="Versions of this message" data-testid="versions">
      <Step name="Previous version" to={previous} onShow={onShow}>
        <PreviousIcon />
      </Step>
      <span className="version-count" aria-live="polite">
        {number} / {count}
      </span>
      <Step name="Next version" to={next} onShow={onShow}>
        <NextIcon />
      </Step>
    </span>
  );
}

interface StepProps extends Pick<VersionSwitchProps, "onShow"> {
  readonly name: string;
  readonly to: string | null;
  readonly children: ReactNode;
}

/** At the end it stays a button that can have the focus: it would be lost in the middle of going through versions. */
function Step({ name, to, onShow, children }: StepProps) {
  const isOff = to === null || onShow === null;
  return (
    <button
      type="button"
      className="icon-button tiny"
      aria-label={name}
      title={name}
      aria-disabled={isOff}
      onClick={() => {
        if (!isOff) onShow(to);
      }}
    >
      {children}
    </button>
  );
}
