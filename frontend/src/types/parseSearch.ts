import { asArray, asObject, booleanAt, numberAt, optional, stringAt } from "./decode";
import type { Candidate, SearchAnswer } from "./search";

/** Reads the answer of `GET /search`; throws `DecodeError` when it is not what the API says. */
export function readSearch(json: unknown): SearchAnswer {
  const answer = asObject(json, "the search");
  const settings = asObject(answer["settings"] ?? {}, "settings");
  const timings = asObject(answer["timings"] ?? {}, "timings");
  const milliseconds = (key: string): number => optional(timings, key, numberAt) ?? 0;
  return {
    query: stringAt(answer, "query"),
    queries: asArray(answer["queries"] ?? [], "queries", String),
    mode: answer["mode"] === "hybrid" ? "hybrid" : "words",
    settings: {
      method: optional(settings, "method", stringAt) ?? "rrf",
      word_weight: optional(settings, "word_weight", numberAt) ?? 1,
      meaning_weight: optional(settings, "meaning_weight", numberAt) ?? 1,
      candidates: optional(settings, "candidates", numberAt) ?? 0,
      limit: optional(settings, "limit", numberAt) ?? 0,
      rerank: optional(settings, "rerank", booleanAt) ?? true,
    },
    reranker: optional(answer, "reranker", stringAt) ?? "",
    timings: {
      retrieval_ms: milliseconds("retrieval_ms"),
      rerank_ms: milliseconds("rerank_ms"),
      total_ms: milliseconds("total_ms"),
    },
    warnings: asArray(answer["warnings"] ?? [], "warnings", readWarning),
    passages: asArray(answer["passages"], "passages", readCandidate),
  };
}

/** A sentence, with or without the stage that it is about. */
function readWarning(json: unknown): string {
  return typeof json === "string" ? json : stringAt(asObject(json, "a warning"), "message");
}

function readCandidate(json: unknown): Candidate {
  const passage = asObject(json, "a passage");
  const number = (key: string): number | null => optional(passage, key, numberAt);
  return {
    document_id: stringAt(passage, "document_id"),
    chunk_id: stringAt(passage, "chunk_id"),
    title: stringAt(passage, "title"),
    source: optional(passage, "source", stringAt) ?? "",
    locator: optional(passage, "locator", stringAt) ?? "",
    page: number("page"),
    start: number("start"),
    end: number("end"),
    snippet: stringAt(passage, "snippet"),
    bm25_rank: number("bm25_rank"),
    bm25_score: number("bm25_score"),
    vector_rank: number("vector_rank"),
    vector_score: number("vector_score"),
    fused_rank: number("fused_rank"),
    fused_score: number("fused_score"),
    rerank_rank: number("rerank_rank"),
    rerank_score: number("rerank_score"),
    kept: optional(passage, "kept", booleanAt) ?? false,
    reason: optional(passage, "reason", stringAt) ?? "",
  };
}
