import { STAGES, type Stage, type StageCompleted, type StageStarted } from "../types/streaming";
import type { StageRecord } from "./runState";

/**
 * The stages with one more running. A stage that starts again (a retried step) replaces its earlier record.
 */
export function startStage(
  stages: readonly StageRecord[],
  { stage, candidates }: StageStarted,
  at: number,
): readonly StageRecord[] {
  const record: StageRecord = { stage, status: "running", startedAt: at, durationMs: null };
  if (candidates !== undefined) record.candidates = candidates;
  return [...stages.filter((other) => other.stage !== stage), record];
}

/** The stages with one complete; its start may have been missed by a reader that came later. */
export function completeStage(
  stages: readonly StageRecord[],
  content: StageCompleted,
  at: number,
): readonly StageRecord[] {
  const { stage, duration_ms: durationMs } = content;
  const started = stages.find((record) => record.stage === stage);
  const record: StageRecord = {
    ...(started ?? { stage, startedAt: at - durationMs }),
    status: "complete",
    durationMs,
  };
  if (content.agent !== undefined) record.agent = content.agent;
  if (content.doc_count !== undefined) record.docCount = content.doc_count;
  if (content.selected !== undefined) record.selected = content.selected;
  if (content.token_count !== undefined) record.tokenCount = content.token_count;
  if (started === undefined) return [...stages, record];
  return stages.map((other) => (other.stage === stage ? record : other));
}

/** The stages when the run is over: what still ran took until now. */
export function endStages(stages: readonly StageRecord[], at: number): readonly StageRecord[] {
  if (stages.every((record) => record.status === "complete")) return stages;
  return stages.map((record) => {
    if (record.status === "complete") return record;
    return { ...record, status: "complete", durationMs: Math.max(0, at - record.startedAt) };
  });
}

/** The stages after a snapshot, which names only the one that runs: those before it are complete. */
export function snapshotStages(
  stages: readonly StageRecord[],
  running: Stage | null,
  at: number,
): readonly StageRecord[] {
  if (running === null) return endStages(stages, at);
  const before = stages.filter((record) => STAGES.indexOf(record.stage) < STAGES.indexOf(running));
  const known = stages.find((record) => record.stage === running && record.status === "running");
  return [
    ...endStages(before, at),
    known ?? { stage: running, status: "running", startedAt: at, durationMs: null },
  ];
}
