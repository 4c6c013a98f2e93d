import type { Source } from "../types/streaming";
import { AnswerText } from "./AnswerText";
import { Dialog } from "./Dialog";
import { PassageReader } from "./documents/loadDocuments";
import { CloseIcon, NextIcon, PreviousIcon } from "./partIcons";
import { passageText } from "./passage";
import { placeOf } from "./Sources";

interface SourcePanelProps {
  readonly sources: readonly Source[];
  readonly number: number;
  readonly onShow: (number: number) => void;
  readonly onClose: () => void;
}

/** The document behind a citation, at its passage: beside the conversation on wide screens, over it on phones. */
export function SourcePanel({ sources, number, onShow, onClose }: SourcePanelProps) {
  const index = sources.findIndex((source) => source.number === number);
  const source = sources[index];
  if (!source) return null;
  const previous = sources[index - 1];
  const next = sources[index + 1];
  const place = placeOf(source);
  const snippet = (
    <blockquote className="source-snippet" tabIndex={0} role="group" aria-label="Passage">
      <AnswerText text={passageText(source)} isLive={false} growth={null} />
    </blockquote>
  );
  return (
    <Dialog label={`Source ${number}: ${source.title}`} className="source-panel" onClose={onClose}>
      <header className="source-panel-head">
        <span className="source-number" aria-hidden="true">
          {number}
        </span>
        <div className="source-text">
          <h2 className="source-title">{source.title}</h2>
          {place && <p className="source-locator">{place}</p>}
        </div>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <div className="source-panel-body">
        <PassageReader key={source.document_id} source={source} fallback={snippet} onLeave={onClose} />
      </div>
      <footer className="source-panel-foot">
        <Score source={source} best={Math.max(...sources.map((each) => each.score))} />
        {sources.length > 1 && (
          <div className="source-steps">
            <button
              type="button"
              className="icon-button"
              aria-label="Previous source"
              disabled={!previous}
              onClick={() => previous && onShow(previous.number)}
            >
              <PreviousIcon />
            </button>
            <span className="source-count">{`${index + 1} of ${sources.length}`}</span>
            <button
              type="button"
              className="icon-button"
              aria-label="Next source"
              disabled={!next}
              onClick={() => next && onShow(next.number)}
            >
              <NextIcon />
            </button>
          </div>
        )}
      </footer>
    </Dialog>
  );
}

/** The score in figures, and as a line beside the best one of this answer. */
function Score({ source, best }: { source: Source; best: number }) {
  const share = best > 0 ? Math.max(0.03, Math.min(1, source.score / best)) : 0;
  return (
    <p className="score">
      <span className="score-line" aria-hidden="true">
        <span style={{ transform: `scaleX(${share.toFixed(3)})` }} />
      </span>
      {`Score ${source.score.toFixed(source.score < 10 ? 2 : 1)}`}
    </p>
  );
}
