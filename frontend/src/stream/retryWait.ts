import type { Environment } from "./environment";

export interface RetryWait {
  /** Resolves to whether to try. */
  readonly over: Promise<boolean>;
  /** Ends the wait: true to try at once, false to give up. */
  wake(goOn: boolean): void;
}

/**
 * Waits for the time of the next try, for the network, or for the user, whichever comes first. Without a
 * network no time runs; when it is back the try comes at once. A machine that sleeps does not call back in time:
 * when the page is seen again after the time of the try, the try comes as well.
 *
 * @param announce gets the time of the try, or null when it waits for the network; now, and whenever that
 *   changes
 */
export function waitToRetry(
  environment: Pick<Environment, "now" | "after" | "isOnline" | "onOnlineChange" | "onSeen">,
  delayMs: number,
  announce: (retryAt: number | null) => void,
): RetryWait {
  let cancelTimer: (() => void) | null = null;
  let retryAt = Infinity;
  let resolve!: (goOn: boolean) => void;
  const over = new Promise<boolean>((settle) => {
    resolve = settle;
  });
  const wake = (goOn: boolean) => {
    cancelTimer?.();
    unsubscribe();
    unsubscribeSeen();
    resolve(goOn);
  };
  const begin = () => {
    cancelTimer?.();
    const online = environment.isOnline();
    retryAt = online ? environment.now() + delayMs : Infinity;
    announce(online ? retryAt : null);
    cancelTimer = online ? environment.after(delayMs, () => wake(true)) : null;
  };
  const unsubscribe = environment.onOnlineChange((online) => (online ? wake(true) : begin()));
  const unsubscribeSeen = environment.onSeen(() => {
    if (environment.now() >= retryAt) wake(true);
  });
  begin();
  return { over, wake };
}
