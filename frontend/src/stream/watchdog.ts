import type { Environment } from "./environment";
import type { HeartbeatRate } from "./heartbeatRate";

/** Milliseconds, and how many heartbeats. The server's heartbeat comes after 5 s without an event by default. */
export const WATCHDOG_TIMES = {
  /** How often the silence is measured. */
  tick: 250,
  /** After this much silence the server is asked about the run. */
  probeAfter: 750,
  /** An answer to that must come within this time. With `probeAfter` and `tick` it stays below 2 s. */
  probeTimeout: 750,
  /** The next question comes this long after the last answer, and at once when there was none. */
  probeEvery: 2000,
  /** A connection whose head has not come is slow after this time, and given up after the next. */
  headSlow: 1500,
  headDead: 5000,
  /** Three usual heartbeats: with neither bytes nor an answer for so long, the connection is given up. */
  dead: 15_000,
  /** Once the server's rhythm is known: a stream that misses so many heartbeats is given up, … */
  heartbeats: 3,
  /** … with so much patience for the network, … */
  slack: 1000,
  /** … and never sooner than this. */
  leastDead: 2000,
  /** A tick that comes so much too late: the machine or the tab has slept. */
  slept: 2000,
} as const;

/**
 * What the server says about the run while its stream is silent:
 * - `quiet`: it has sent nothing that has not arrived: the model is thinking
 * - `behind`: it has sent what has not arrived: the stream is stuck
 * - `unknown`: no answer
 */
export type ProbeResult = "quiet" | "behind" | "unknown";

export interface WatchdogHooks {
  probe(timeoutMs: number): Promise<ProbeResult>;
  onSlow(): void;
  onRecovered(): void;
  /**
   * The connection is of no use any more. `atOnce` is true when it became so in a sleep: a new one should be made
   * without waiting.
   */
  onDead(atOnce: boolean): void;
}

/**
 * Tells a slow connection from a stuck one. A stream that is silent may be waiting for its model, so silence
 * alone proves nothing before three heartbeats are missing; asking the server about the run proves it within
 * 2 s. A page that nobody sees asks nothing; it asks at once when it is seen again, and after a sleep.
 */
export class Watchdog {
  private cancelTick: (() => void) | null = null;
  /** The last sign of life: bytes, or an answer that all is well. */
  private aliveAt: number;
  private bytesAt: number;
  /** The silence that the last bytes have ended. */
  private lastGap = 0;
  private tickedAt: number;
  private probedAt = -Infinity;
  private probing = false;
  private connected = false;
  private slow = false;

  constructor(
    private readonly environment: Pick<Environment, "now" | "after" | "isVisible">,
    private readonly hooks: WatchdogHooks,
    private readonly heartbeat: HeartbeatRate,
    private readonly times: { [Key in keyof typeof WATCHDOG_TIMES]: number } = WATCHDOG_TIMES,
  ) {
    this.aliveAt = environment.now();
    this.bytesAt = this.aliveAt;
    this.tickedAt = this.aliveAt;
    this.schedule();
  }

  /** The head of the response is here. */
  headCame(): void {
    this.connected = true;
    this.bytesCame();
  }

  bytesCame(): void {
    const now = this.environment.now();
    this.lastGap = now - this.bytesAt;
    this.bytesAt = now;
    this.alive();
  }

  /** The bytes that have just come are a heartbeat. */
  heartbeatCame(): void {
    this.heartbeat.learn(this.lastGap);
  }

  /** The page is seen again: a silent stream is asked about at once. */
  seen(): void {
    const now = this.environment.now();
    if (this.stopped || now - this.bytesAt < this.times.tick) return;
    if (now - this.tickedAt >= this.times.tick + this.times.slept) {
      this.wake(now);
      return;
    }
    // Nothing was asked while nobody looked, so nothing can have been answered.
    this.aliveAt = now;
    if (this.connected && !this.probing) void this.ask(false);
  }

  /**
   * The machine has slept: what the clock says of the time before proves nothing. A connection that the server does
   * not confirm now is given up.
   */
  private wake(now: number): void {
    this.tickedAt = now;
    this.aliveAt = now;
    this.bytesAt = now;
    if (this.connected && !this.probing && this.environment.isVisible()) void this.ask(true);
  }

  stop(): void {
    this.cancelTick?.();
    this.cancelTick = null;
  }

  private get stopped(): boolean {
    return this.cancelTick === null;
  }

  private alive(): void {
    this.aliveAt = this.environment.now();
    if (!this.slow) return;
    this.slow = false;
    this.hooks.onRecovered();
  }

  private becomeSlow(): void {
    if (this.slow) return;
    this.slow = true;
    this.hooks.onSlow();
  }

  private schedule(): void {
    this.cancelTick = this.environment.after(this.times.tick, () => this.tick());
  }

  private tick(): void {
    const now = this.environment.now();
    const hasSlept = now - this.tickedAt >= this.times.tick + this.times.slept;
    this.tickedAt = now;
    if (hasSlept) this.wake(now);
    else if (this.isDead(now)) return this.die(false);
    this.schedule();
    if (!this.connected) {
      if (now - this.aliveAt >= this.times.headSlow) this.becomeSlow();
      return;
    }
    const due = now - this.bytesAt >= this.times.probeAfter && now - this.probedAt >= this.times.probeEvery;
    if (due && !this.probing && this.environment.isVisible()) void this.ask(false);
  }

  private isDead(now: number): boolean {
    if (!this.connected) return now - this.aliveAt >= this.times.headDead;
    const { heartbeats, slack, leastDead, dead } = this.times;
    const rhythm = this.heartbeat.ms;
    if (rhythm !== null && now - this.bytesAt >= Math.max(leastDead, heartbeats * rhythm + slack)) {
      this.heartbeat.forget();
      return true;
    }
    return this.environment.isVisible() && now - this.aliveAt >= dead;
  }

  private die(atOnce: boolean): void {
    this.stop();
    this.hooks.onDead(atOnce);
  }

  private async ask(afterSleep: boolean): Promise<void> {
    const askedAt = this.environment.now();
    this.probing = true;
    const result = await this.hooks.probe(this.times.probeTimeout);
    this.probing = false;
    this.probedAt = result === "unknown" ? -Infinity : this.environment.now();
    // Bytes that came in the meantime say more than the answer does.
    if (this.stopped || this.bytesAt > askedAt) return;
    if (result === "quiet") this.alive();
    else if (result === "behind" || afterSleep) this.die(afterSleep);
    else this.becomeSlow();
  }
}
