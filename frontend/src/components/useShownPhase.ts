import { useEffect, useRef, useState } from "react";
import type { Phase } from "./stageText";

/**
 * How long a stage stays on the page at least, in milliseconds: one frame, so that none goes by undrawn and the last of
 * three is still shown within 50 ms of its start.
 */
const leastTime = 20;

/** What nobody needs to have seen gives way at once. */
const passing: ReadonlySet<Phase | undefined> = new Set<Phase>(["connecting", "routing"]);

/**
 * The phase to show now. It walks through `phases` one by one and waits `leastTime` at each, so that stages of a few
 * milliseconds are seen in their order. A stage that comes later than that is shown at once.
 */
export function useShownPhase(phases: readonly Phase[]): Phase {
  const [reached, setReached] = useState(0);
  const drawnAt = useRef(0);
  const index = Math.min(reached, phases.length - 1);
  const isBehind = index < phases.length - 1;
  const isPassing = passing.has(phases[index]);
  useEffect(() => {
    // Counted from when it is on the page: on a busy machine that may be long after it was asked for.
    drawnAt.current = Date.now();
  }, [index]);
  useEffect(() => {
    if (!isBehind) return;
    const wait = isPassing ? 0 : drawnAt.current + leastTime - Date.now();
    if (wait <= 0) {
      setReached(index + 1);
      return;
    }
    const timer = setTimeout(() => setReached(index + 1), wait);
    return () => clearTimeout(timer);
  }, [isBehind, isPassing, index]);
  return phases[index] ?? "connecting";
}
