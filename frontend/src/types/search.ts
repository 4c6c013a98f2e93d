/** What `GET /search` answers: every candidate, and why it was kept or not. */

export type FusionMethod = "rrf" | "sum";

export interface SearchSettings {
  method: string;
  word_weight: number;
  meaning_weight: number;
  candidates: number;
  limit: number;
  rerank: boolean;
}

/** A passage that was considered. Ranks begin with 1; null where a step did not see it. */
export interface Candidate {
  document_id: string;
  chunk_id: string;
  title: string;
  source: string;
  locator: string;
  page: number | null;
  start: number | null;
  end: number | null;
  snippet: string;
  bm25_rank: number | null;
  bm25_score: number | null;
  vector_rank: number | null;
  vector_score: number | null;
  fused_rank: number | null;
  fused_score: number | null;
  rerank_rank: number | null;
  rerank_score: number | null;
  kept: boolean;
  /** Why it was kept or dropped, in words. */
  reason: string;
}

export interface SearchAnswer {
  query: string;
  /** What was searched for: the query, and what was made of it. */
  queries: string[];
  /** Whether vectors took part. */
  mode: "hybrid" | "words";
  settings: SearchSettings;
  reranker: string;
  timings: { retrieval_ms: number; rerank_ms: number; total_ms: number };
  warnings: string[];
  /** In the order of the last step. */
  passages: Candidate[];
}

/** What a search is asked for. What is left out is the server's own setting. */
export interface SearchQuery {
  q: string;
  method?: FusionMethod;
  /** 0: words only, 1: meaning only. */
  balance?: number;
  rerank?: boolean;
  limit?: number;
  candidates?: number;
  folder?: string;
  documents?: readonly string[];
}
