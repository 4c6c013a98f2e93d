import { Fragment, useContext } from "react";
import { CitationContext, type Citations } from "./citations";

function label(citations: Citations, number: number): string {
  const name = `Source ${number}: ${citations.title(number)}`;
  return citations.isRemoved(number) ? `${name} (removed)` : name;
}

/** `[1]` as a small button that shows its source; numbers without a source stay the text they were. */
export function CitationMark({ numbers, raw }: { numbers: readonly number[]; raw: string }) {
  const citations = useContext(CitationContext);
  if (!citations || !numbers.some((number) => citations.has(number))) return <>{raw}</>;
  return (
    <span className="citations">
      {numbers.map((number, index) => (
        <Fragment key={index}>
          {citations.has(number) ? (
            <button
              type="button"
              className={citations.isRemoved(number) ? "citation removed" : "citation"}
              aria-haspopup="dialog"
              aria-label={label(citations, number)}
              title={citations.isRemoved(number) ? "This document has been removed" : undefined}
              onClick={() => citations.open(number)}
            >
              {number}
            </button>
          ) : (
            `[${number}]`
          )}
        </Fragment>
      ))}
    </span>
  );
}
