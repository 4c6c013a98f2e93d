import { Fragment, useContext } from "react";
import { CitationContext } from "./citations";

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
              className="citation"
              aria-haspopup="dialog"
              aria-label={`Source ${number}: ${citations.title(number)}`}
              onClick={(event) => citations.open(number, event.currentTarget)}
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
