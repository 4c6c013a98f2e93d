import { useCallback, useSyncExternalStore } from "react";

const pause = () => () => {};

/**
 * The time in milliseconds, for clocks and countdowns: read when the component is drawn, and again every
 * `intervalMs` while `running`. Rounded up to the interval, so that one drawing sees one time,
 * and so that a countdown of one second begins with one.
 */
export function useNow(running: boolean, intervalMs = 100): number {
  const tick = useCallback(
    (draw: () => void) => {
      const timer = setInterval(draw, intervalMs);
      return () => clearInterval(timer);
    },
    [intervalMs],
  );
  const read = () => Math.ceil(Date.now() / intervalMs) * intervalMs;
  return useSyncExternalStore(running ? tick : pause, read, read);
}
