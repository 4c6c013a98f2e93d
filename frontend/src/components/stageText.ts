import type { RunState } from "../stream/runState";

/** What a running answer is doing, as the stage line shows it. */
export type Phase =
  | "connecting"
  | "queued"
  | "routing"
  | "retrieval"
  | "reranking"
  | "generation"
  | "stopping";

const texts: Readonly<Record<Phase, string>> = {
  connecting: "Sending…",
  queued: "Waiting for a free place…",
  routing: "Thinking…",
  retrieval: "Searching knowledge base…",
  reranking: "Reranking results…",
  generation: "Generating response…",
  stopping: "Stopping…",
};

/** The sentence of a phase. The texts of the three stages are part of the product's contract. */
export function phaseText(phase: Phase): string {
  return texts[phase];
}

/** The sentence of the phase that a run is in; in the queue it says how long that is. */
export function sentenceOf(run: RunState, phase: Phase): string {
  if (phase !== "queued" || run.queuePosition === null) return phaseText(phase);
  const ahead = run.queuePosition - 1;
  return `${phaseText(phase)} ${ahead < 1 ? "You are next" : `${ahead.toLocaleString("en")} ahead of you`}`;
}

/**
 * The phases of a run so far, oldest first. The list is what makes short stages visible: several may start between
 * two frames, and the line still shows each.
 */
export function phasesOf(run: RunState): readonly Phase[] {
  const phases: Phase[] = ["connecting"];
  if (run.queuePosition !== null) phases.push("queued");
  phases.push(...run.stages.map((record) => record.stage));
  if (run.status === "stopping") phases.push("stopping");
  return phases;
}

/** What is known about a phase, in a few words; empty when nothing is. */
export function phaseDetail(run: RunState, phase: Phase): string {
  const record = run.stages.find((each) => each.stage === phase);
  if (phase === "reranking" && record?.candidates !== undefined) return count(record.candidates, "passage");
  if (phase === "generation" && run.sources.length > 0) return count(run.sources.length, "source");
  return "";
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
