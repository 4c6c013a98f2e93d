import type { Environment } from "../../src/stream/environment";

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

/** Lets everything that only waits for promises happen. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** An environment in which time passes when the test says so, and the network is what the test scripts. */
export class FakeEnvironment implements Environment {
  time = Date.parse("2026-01-02T03:04:05.678Z");
  online = true;
  readonly stored = new Map<string, string>();
  readonly visited: string[] = [];
  private address = "/";
  private timers: Timer[] = [];
  private order = 0;
  private uuids = 0;
  private readonly onlineListeners = new Set<(online: boolean) => void>();
  private readonly pathListeners = new Set<() => void>();

  constructor(readonly fetch: Environment["fetch"]) {}

  readonly now = () => this.time;

  readonly after = (milliseconds: number, callback: () => void): (() => void) => {
    this.order += 1;
    const timer = { at: this.time + milliseconds, order: this.order, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  readonly nextFrame = (callback: () => void) => this.after(16, callback);

  readonly randomUUID = () => {
    this.uuids += 1;
    return `00000000-0000-4000-8000-${String(this.uuids).padStart(12, "0")}`;
  };

  readonly isOnline = () => this.online;

  readonly onOnlineChange = (callback: (online: boolean) => void) => {
    this.onlineListeners.add(callback);
    return () => this.onlineListeners.delete(callback);
  };

  readonly storage = {
    get: (key: string) => this.stored.get(key) ?? null,
    set: (key: string, value: string) => void this.stored.set(key, value),
    remove: (key: string) => void this.stored.delete(key),
  };

  readonly location = {
    path: () => this.address,
    push: (path: string) => this.go(path, "push"),
    replace: (path: string) => this.go(path, "replace"),
    onChange: (callback: () => void) => {
      this.pathListeners.add(callback);
      return () => this.pathListeners.delete(callback);
    },
  };

  /** The user opens an address, or goes back to it. */
  async visit(path: string): Promise<void> {
    this.address = path;
    for (const listener of this.pathListeners) listener();
    await settle();
  }

  async setOnline(online: boolean): Promise<void> {
    this.online = online;
    for (const listener of [...this.onlineListeners]) listener(online);
    await settle();
  }

  /** Lets time pass, and everything happen that it makes happen, in order. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const due = this.timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.time = Math.max(this.time, due.at);
      due.callback();
      await settle();
    }
    this.time = end;
  }

  /** Timers that are still set: what a run leaves behind would show here. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  get pendingListeners(): number {
    return this.onlineListeners.size;
  }

  private go(path: string, how: string): void {
    this.address = path;
    this.visited.push(`${how} ${path}`);
  }
}
