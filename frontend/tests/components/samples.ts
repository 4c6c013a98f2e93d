import type { TurnActions } from "../../src/components/turnActions";
import type { Version } from "../../src/store/messageTree";
import { IDLE_RUN, type RunState, type StageRecord } from "../../src/stream/runState";
import type { Message } from "../../src/types/rest";
import type { Source, Stage } from "../../src/types/streaming";

export const sources: readonly Source[] = [1, 2].map((number) => ({
  number,
  document_id: `document-${number}`,
  chunk_id: `chunk-${number}`,
  title: number === 1 ? "README" : "Architecture",
  locator: "What it is",
  snippet: `Passage ${number}`,
  score: 1 / number,
}));

export function question(content = "What is Rill?"): Message {
  return {
    id: "question",
    session_id: "session",
    parent_id: null,
    role: "user",
    content,
    status: "done",
    created_at: "2026-01-02T03:04:05.678Z",
  };
}

export function answer(part: Partial<Message> = {}): Message {
  return {
    id: "answer",
    session_id: "session",
    parent_id: "question",
    role: "assistant",
    content: "Rill answers from documents [1].",
    status: "done",
    created_at: "2026-01-02T03:04:06.678Z",
    run_id: "run",
    provider: "openai",
    model: "llama3.2:3b",
    sources,
    usage: { prompt_tokens: 100, completion_tokens: 1234 },
    timings: { first_token_ms: 200, total_ms: 3240 },
    finish_reason: "stop",
    error: null,
    ...part,
  };
}

export function stage(name: Stage, part: Partial<StageRecord> = {}): StageRecord {
  return { stage: name, status: "running", startedAt: 0, durationMs: null, ...part };
}

export function running(part: Partial<RunState> = {}): RunState {
  return { ...IDLE_RUN, status: "streaming", runId: "run", startedAt: Date.now(), ...part };
}

/** Messages that have no others beside them. */
export const alone: ReadonlyMap<string, Version> = new Map();

/** A conversation in which nothing can be done. */
export const nothing: TurnActions = {
  onRetry: null,
  onContinue: null,
  onTryNow: () => {},
  onCancelRetry: () => {},
  onEdit: null,
  onRegenerate: null,
  onShowVersion: null,
};
