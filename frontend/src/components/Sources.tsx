import type { Source } from "../types/streaming";

interface SourcesProps {
  readonly sources: readonly Source[];
  readonly onOpen: (number: number) => void;
  /** Shows why these passages were chosen. */
  readonly onExplain: () => void;
}

/** The passages that an answer may cite, as small cards; each opens its passage. */
export function Sources({ sources, onOpen, onExplain }: SourcesProps) {
  if (sources.length === 0) return null;
  return (
    <div className="sources" data-testid="sources">
      <div className="sources-head">
        <h3 className="sources-title">Sources</h3>
        <button type="button" className="quiet-button" aria-haspopup="dialog" onClick={onExplain}>
          Why these passages?
        </button>
      </div>
      <ol className="source-cards">
        {sources.map((source) => (
          <li key={source.number}>
            <button
              type="button"
              className={source.removed ? "source-card removed" : "source-card"}
              aria-haspopup="dialog"
              title={source.removed ? "This document has been removed" : undefined}
              onClick={() => onOpen(source.number)}
            >
              <span className="source-number" aria-hidden="true">
                {source.number}
              </span>
              <span className="source-text">
                <span className="visually-hidden">{`Source ${source.number}: `}</span>
                <span className="source-title">{source.title}</span>
                <span className="source-locator" title={placeOf(source)}>
                  {shortPlaceOf(source)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Characters that a card has room for. */
const ROOM = 32;

/** The same in a card: of a long place its end, which is what tells passages of one document apart. */
export function shortPlaceOf(source: Source): string {
  const place = placeOf(source);
  const parts = source.locator.split(" › ");
  if (place.length <= ROOM || parts.length < 2) return place;
  const end = placeOf({ ...source, locator: "" });
  return [end, `… › ${parts[parts.length - 1]}`].filter(Boolean).join(" · ");
}

/** Where in its document a passage is, which tells several of one document apart. */
export function placeOf({ locator, page, removed }: Source): string {
  const parts: string[] = [];
  if (removed) parts.push("Removed");
  if (locator !== "") parts.push(locator);
  const hasPage = /\b(page|p\.) ?\d/i.test(locator);
  if (typeof page === "number" && !hasPage) parts.push(`page ${page}`);
  return parts.join(" · ");
}
