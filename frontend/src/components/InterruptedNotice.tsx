import { ContinueIcon, PauseIcon } from "./partIcons";

/** The server went away in the middle of the answer; what there is of it stays, and it can go on. */
export function InterruptedNotice({ onContinue }: { readonly onContinue: () => void }) {
  return (
    <div className="interrupted" data-testid="interrupted">
      <PauseIcon />
      <p className="interrupted-text">The server restarted while this was being written.</p>
      <button type="button" className="button primary" onClick={onContinue}>
        <ContinueIcon />
        Continue
      </button>
    </div>
  );
}
