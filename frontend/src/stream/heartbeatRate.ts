/** How many of the last gaps are remembered. */
const REMEMBERED = 3;

/** Milliseconds. A comment that comes sooner is no sign of silence, and one that comes later slept with the machine. */
const PLAUSIBLE = { least: 100, most: 120_000 };

/**
 * How often the server lets itself be heard when there is nothing to say. It is measured, because it is a setting
 * of the server's that the protocol does not tell. One for all connections of the page.
 */
export class HeartbeatRate {
  private gaps: readonly number[] = [];

  /** The longest of the last silences that a heartbeat has ended, in milliseconds; null before there was one. */
  get ms(): number | null {
    return this.gaps.length === 0 ? null : Math.max(...this.gaps);
  }

  /** @param silence milliseconds before a heartbeat in which nothing came */
  learn(silence: number): void {
    if (silence < PLAUSIBLE.least || silence > PLAUSIBLE.most) return;
    this.gaps = [...this.gaps.slice(1 - REMEMBERED), silence];
  }

  /** The server may have been started again with another setting. */
  forget(): void {
    this.gaps = [];
  }
}
