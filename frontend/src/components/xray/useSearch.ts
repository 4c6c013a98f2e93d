import { useCallback, useEffect, useRef, useState } from "react";
import { sentenceFor } from "../../api/errors";
import { useDocumentsStore } from "../../hooks/useDocuments";
import type { SearchAnswer, SearchQuery } from "../../types/search";

export interface SearchResult {
  readonly isBusy: boolean;
  readonly answer: SearchAnswer | null;
  /** The places that the candidates had in the answer before, from 1; null when another question was asked. */
  readonly before: ReadonlyMap<string, number> | null;
  readonly problem: string | null;
}

const NOTHING: SearchResult = { isBusy: false, answer: null, before: null, problem: null };

/** Searches whenever the query is another one, and remembers the answer before to compare with. */
export function useSearch(query: SearchQuery | null): SearchResult {
  const { api } = useDocumentsStore();
  const [result, setResult] = useState(NOTHING);
  const asked = useRef(0);
  const key = query === null ? "" : JSON.stringify(query);
  const search = useCallback(async (): Promise<void> => {
    asked.current += 1;
    const number = asked.current;
    if (key === "") {
      setResult(NOTHING);
      return;
    }
    setResult((last) => ({ ...last, isBusy: true, problem: null }));
    try {
      const answer = await api.search(JSON.parse(key) as SearchQuery);
      if (number !== asked.current) return;
      setResult((last) => ({ isBusy: false, answer, before: placesOf(last.answer, answer), problem: null }));
    } catch (error) {
      if (number !== asked.current) return;
      setResult((last) => ({ ...last, isBusy: false, problem: sentenceFor(error) }));
    }
  }, [api, key]);
  useEffect(() => void search(), [search]);
  return result;
}

/** The places of an earlier answer to the same question. */
export function placesOf(
  before: SearchAnswer | null,
  { query }: Pick<SearchAnswer, "query">,
): ReadonlyMap<string, number> | null {
  if (before === null || before.query !== query) return null;
  return new Map(before.passages.map(({ chunk_id: id }, index) => [id, index + 1]));
}
