import { useEffect, useState } from "react";
import type { Phase } from "./stageText";

/** How long a stage stays on the page at least, in milliseconds: three frames, so that none goes by unseen. */
const leastTime = 50;

/** What nobody needs to have seen gives way at once. */
const passing: ReadonlySet<Phase | undefined> = new Set<Phase>(["connecting", "routing"]);

/**
 * The phase to show now. It walks through `phases` one by one and waits `leastTime` at each, so that stages of a few
 * milliseconds are seen in their order. A stage that comes later than that is shown at once.
 */
export function useShownPhase(phases: readonly Phase[]): Phase {
  const [shown, setShown] = useState({ index: 0, since: 0 });
  const index = Math.min(shown.index, phases.length - 1);
  const isBehind = index < phases.length - 1;
  const isPassing = passing.has(phases[index]);
  useEffect(() => {
    if (!isBehind) return;
    const next = (): void => setShown({ index: index + 1, since: Date.now() });
    const wait = shown.since + leastTime - Date.now();
    if (wait <= 0 || isPassing) {
      next();
      return;
    }
    const timer = setTimeout(next, wait);
    return () => clearTimeout(timer);
  }, [isBehind, isPassing, index, shown.since]);
  return phases[index] ?? "connecting";
}
