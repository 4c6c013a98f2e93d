import type { Source } from "../types/streaming";

interface SourcesProps {
  readonly sources: readonly Source[];
  readonly onOpen: (number: number, mark: HTMLElement) => void;
}

/** The passages that an answer may cite, as small cards; each opens its passage. */
export function Sources({ sources, onOpen }: SourcesProps) {
  if (sources.length === 0) return null;
  return (
    <div className="sources" data-testid="sources">
      <h3 className="sources-title">Sources</h3>
      <ol className="source-cards">
        {sources.map((source) => (
          <li key={source.number}>
            <button
              type="button"
              className="source-card"
              aria-haspopup="dialog"
              onClick={(event) => onOpen(source.number, event.currentTarget)}
            >
              <span className="source-number" aria-hidden="true">
                {source.number}
              </span>
              <span className="source-text">
                <span className="visually-hidden">{`Source ${source.number}: `}</span>
                <span className="source-title">{source.title}</span>
                {source.locator && <span className="source-locator">{source.locator}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
