import type { SearchAnswer } from "../../types/search";
import { formatDuration } from "../durations";

interface SearchFactsProps {
  readonly answer: SearchAnswer;
  readonly kept: number;
  readonly isBusy: boolean;
}

/** What a search did, how long that took, what went wrong, and what the columns mean. */
export function SearchFacts({ answer, kept, isBusy }: SearchFactsProps) {
  const { passages, queries, query, mode, timings, settings, reranker, warnings } = answer;
  const others = queries.filter((each) => each !== query);
  return (
    <div className="lab-facts">
      <p className="lab-summary" role="status" data-testid="search-summary">
        {isBusy
          ? "Searching…"
          : passages.length === 0
            ? "Nothing was found."
            : `${kept} of ${passages.length} passages kept`}
        <span className="lab-times">
          <span className="fact">{`found in ${formatDuration(timings.retrieval_ms)}`}</span>
          {settings.rerank && (
            <span className="fact">
              {`reranked in ${formatDuration(timings.rerank_ms)}${reranker === "" ? "" : ` (${reranker})`}`}
            </span>
          )}
        </span>
      </p>
      {mode === "words" && (
        <p className="lab-mode">Found by words only: without an embedding model meaning takes no part.</p>
      )}
      {others.length > 0 && (
        <p className="lab-queries">{`Searched for: ${queries.map((each) => `“${each}”`).join(", ")}`}</p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="lab-warning">
          {warning}
        </p>
      ))}
      <details className="lab-terms">
        <summary>What the numbers mean</summary>
        <dl>
          <dt>Words</dt>
          <dd>The place by the words that passage and question share; rare words count more (BM25).</dd>
          <dt>Meaning</dt>
          <dd>The place by how near the two are in meaning, whatever words they use (cosine of vectors).</dd>
          <dt>Joined</dt>
          <dd>The place after both rankings have become one.</dd>
          <dt>Reranked</dt>
          <dd>The place after a closer look at each candidate, which decides.</dd>
        </dl>
      </details>
    </div>
  );
}
