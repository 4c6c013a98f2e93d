import { useState, type FormEvent } from "react";
import type { Candidate, SearchQuery } from "../../types/search";
import type { Source } from "../../types/streaming";
import { SearchIcon } from "../documents/documentIcons";
import { CloseIcon } from "../partIcons";
import { CandidateCard } from "./CandidateCard";
import { SearchControls, type SearchChoice } from "./SearchControls";
import { SearchFacts } from "./SearchFacts";
import { useSearch } from "./useSearch";

interface SearchLabProps {
  readonly question: string;
  /** What an answer was given, to mark it among the candidates. */
  readonly sources: readonly Source[];
  /** A document is opened on its own page. */
  readonly onLeave: () => void;
  readonly onSearched?: (question: string) => void;
}

/** A search as an answer makes it, with everything that is known of each candidate, and the settings to try others. */
export function SearchLab({ question, sources, onLeave, onSearched }: SearchLabProps) {
  const [text, setText] = useState(question);
  const [asked, setAsked] = useState(question);
  const [choice, setChoice] = useState<SearchChoice>({});
  const [only, setOnly] = useState<{ id: string; title: string } | null>(null);
  const query = queryOf(asked, choice, only?.id ?? null);
  const { answer, before, isBusy, problem } = useSearch(query);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const next = text.trim();
    setAsked(next);
    if (next !== "") onSearched?.(next);
  };
  const cited = new Map(sources.map((source) => [source.chunk_id, source.number]));
  const kept = answer?.passages.filter((passage) => passage.kept).length ?? 0;
  return (
    <div className="lab">
      <form className="lab-form" role="search" onSubmit={submit}>
        <div className="search-field">
          <SearchIcon />
          <input
            type="search"
            className="field"
            aria-label="Question or words to search for"
            placeholder="A question, or some words"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <button type="submit" className="button primary" disabled={text.trim() === ""}>
          Search
        </button>
      </form>
      <SearchControls settings={answer?.settings ?? null} choice={choice} onChoose={setChoice} />
      {only && (
        <p className="lab-only">
          <span>{`Only in “${only.title}”`}</span>
          <button
            type="button"
            className="icon-button small"
            aria-label="Search in all documents"
            title="Search in all documents"
            onClick={() => setOnly(null)}
          >
            <CloseIcon />
          </button>
        </p>
      )}
      {problem && (
        <p className="reader-problem" role="alert">
          {problem}
        </p>
      )}
      {asked === "" && (
        <p className="lab-hint">
          Ask what you would ask in a chat. You see every passage that was considered, how each step ranked
          it, and which of them an answer would be given.
        </p>
      )}
      {answer && <SearchFacts answer={answer} kept={kept} isBusy={isBusy} />}
      {answer && answer.passages.length > 0 && (
        <ol className="candidates" aria-label="Candidates" aria-busy={isBusy}>
          {answer.passages.map((passage, index) => (
            <CandidateCard
              key={passage.chunk_id}
              candidate={passage}
              place={index + 1}
              change={changeOf(passage, index + 1, before)}
              cited={cited.get(passage.chunk_id) ?? null}
              scale={scaleOf(answer.passages)}
              onOnly={only === null ? setOnly : null}
              onLeave={onLeave}
            />
          ))}
        </ol>
      )}
    </div>
  );
}

function queryOf(q: string, choice: SearchChoice, document: string | null): SearchQuery | null {
  if (q === "") return null;
  return { q, ...choice, ...(document === null ? {} : { documents: [document] }) };
}

/** How a candidate's place differs from the one before: up is positive; "new" when it was none. */
export type RankChange = number | "new" | null;

export function changeOf(
  { chunk_id: id }: Pick<Candidate, "chunk_id">,
  place: number,
  before: ReadonlyMap<string, number> | null,
): RankChange {
  if (before === null) return null;
  const last = before.get(id);
  return last === undefined ? "new" : last - place;
}

/** The highest value of each step, which its bars are drawn against. */
export type Scale = Readonly<Record<"bm25" | "vector" | "fused" | "rerank", number>>;

export function scaleOf(passages: readonly Candidate[]): Scale {
  const best = (key: "bm25_score" | "vector_score" | "fused_score" | "rerank_score"): number =>
    Math.max(0, ...passages.map((passage) => passage[key] ?? 0));
  return {
    bm25: best("bm25_score"),
    vector: best("vector_score"),
    fused: best("fused_score"),
    rerank: best("rerank_score"),
  };
}
