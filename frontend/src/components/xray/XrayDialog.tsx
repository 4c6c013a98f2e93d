import type { Source } from "../../types/streaming";
import { Dialog } from "../Dialog";
import { CloseIcon } from "../partIcons";
import { SearchLab } from "./SearchLab";

interface XrayDialogProps {
  /** What was asked. */
  readonly question: string;
  /** What the answer was given, to mark it among the candidates. */
  readonly sources: readonly Source[];
  readonly onClose: () => void;
}

/** Why an answer had these passages: its question searched for again, with every candidate and its reasons. */
export function XrayDialog({ question, sources, onClose }: XrayDialogProps) {
  return (
    <Dialog label="Why these passages?" className="xray-dialog" onClose={onClose}>
      <header className="xray-dialog-head">
        <div>
          <h2>Why these passages?</h2>
          <p>The same question, searched for now. Try other settings: nothing here changes the answer.</p>
        </div>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <div className="xray-dialog-body">
        <SearchLab question={question} sources={sources} onLeave={onClose} />
      </div>
    </Dialog>
  );
}
