import type { Environment } from "./environment";

/** Milliseconds. The server's heartbeat comes after 5 s without an event. */
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
  /** Three heartbeats: with neither bytes nor an answer for so long, the connection is given up. */
  dead: 15_000,
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
  /** The connection is of no use any more. */
  onDead(): void;
}

/**
 * Tells a slow connection from a stuck one. A stream that is silent may be waiting for its model, so silence
 * alone proves nothing before three heartbeats are missing; asking the server about the run proves it within
 * 2 s.
 */
export class Watchdog {
  private cancelTick: (() => void) | null = null;
  /** The last sign of life: bytes, or an answer that all is well. */
  private aliveAt: number;
  private bytesAt: number;
  private probedAt = -Infinity;
  private probing = false;
  private connected = false;
  private slow = false;

  constructor(
    private readonly environment: Pick<Environment, "now" | "after">,
    private readonly hooks: WatchdogHooks,
    private readonly times: { [Key in keyof typeof WATCHDOG_TIMES]: number } = WATCHDOG_TIMES,
  ) {
    this.aliveAt = environment.now();
    this.bytesAt = this.aliveAt;
    this.schedule();
  }

  /** The head of the response is here. */
  headCame(): void {
    this.connected = true;
    this.bytesCame();
  }

  bytesCame(): void {
    this.bytesAt = this.environment.now();
    this.alive();
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
    const dead = this.connected ? this.times.dead : this.times.headDead;
    if (now - this.aliveAt >= dead) {
      this.stop();
      this.hooks.onDead();
      return;
    }
    this.schedule();
    if (!this.connected) {
      if (now - this.aliveAt >= this.times.headSlow) this.becomeSlow();
      return;
    }
    const due = now - this.bytesAt >= this.times.probeAfter && now - this.probedAt >= this.times.probeEvery;
    if (due && !this.probing) void this.ask();
  }

  private async ask(): Promise<void> {
    const askedAt = this.environment.now();
    this.probing = true;
    const result = await this.hooks.probe(this.times.probeTimeout);
    this.probing = false;
    this.probedAt = result === "unknown" ? -Infinity : this.environment.now();
    // Bytes that came in the meantime say more than the answer does.
    if (this.stopped || this.bytesAt > askedAt) return;
    if (result === "quiet") this.alive();
    if (result === "unknown") this.becomeSlow();
    if (result === "behind") {
      this.stop();
      this.hooks.onDead();
    }
  }
}
