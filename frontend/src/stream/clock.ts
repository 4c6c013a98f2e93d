import type { RunEvent } from "../types/streaming";
import type { RunState } from "./runState";

/**
 * Each event's age bounds the difference between the server's clock and this machine's from above; the
 * youngest event's is the nearest. Without it, what began before this page attached would seem to begin now.
 *
 * Returns the state with a nearer difference, and with the times that were reckoned with the old one.
 */
export function withClock(state: RunState, event: RunEvent, at: number): RunState {
  if (event.timestamp === null) return state;
  const offset = at - event.timestamp;
  const { clockOffset: known, firstEventAt } = state;
  if (known !== null && known <= offset) return state;
  const firstTimestamp = known === null || firstEventAt === null ? event.timestamp : firstEventAt - known;
  const closer = known === null ? 0 : known - offset;
  return {
    ...state,
    clockOffset: offset,
    firstEventAt: firstTimestamp + offset,
    startedAt: Math.min(state.startedAt ?? at, firstTimestamp + offset),
    stages: closer === 0 ? state.stages : state.stages.map((record) => earlier(record, closer)),
  };
}

function earlier<Record extends { startedAt: number }>(record: Record, milliseconds: number): Record {
  return { ...record, startedAt: record.startedAt - milliseconds };
}

/** When an event happened, on this machine's clock; never later than it came. */
export function localTime(state: RunState, event: RunEvent, at: number): number {
  if (event.timestamp === null || state.clockOffset === null) return at;
  return Math.min(at, event.timestamp + state.clockOffset);
}
