import type { Environment, KeyValueStore, TabChannel } from "../../src/stream/environment";

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

/** What the tabs of one browser share. */
export class FakeBrowser {
  /** Everything that was posted, in order. */
  readonly posted: unknown[] = [];
  private readonly tabs = new Set<(message: unknown) => void>();

  join(callback: (message: unknown) => void): TabChannel {
    this.tabs.add(callback);
    return {
      post: (message) => {
        this.posted.push(message);
        for (const tab of this.tabs) if (tab !== callback) tab(structuredClone(message));
      },
      close: () => void this.tabs.delete(callback),
    };
  }

  /** Another tab says something. */
  async say(message: unknown): Promise<void> {
    for (const tab of this.tabs) tab(message);
    await settle();
  }
}

function storageIn(values: Map<string, string>): KeyValueStore {
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}

/** An environment in which time passes when the test says so, and the network is what the test scripts. */
export class FakeEnvironment implements Environment {
  time = Date.parse("2026-01-02T03:04:05.678Z");
  online = true;
  visible = true;
  readonly stored = new Map<string, string>();
  readonly storedInTab = new Map<string, string>();
  readonly visited: string[] = [];
  private address = "/";
  private timers: Timer[] = [];
  private order = 0;
  private uuids = 0;
  private readonly onlineListeners = new Set<(online: boolean) => void>();
  private readonly seenListeners = new Set<() => void>();
  private readonly pathListeners = new Set<() => void>();

  /** @param browser what is shared with the other tabs of one browser */
  constructor(
    readonly fetch: Environment["fetch"],
    private readonly browser = new FakeBrowser(),
  ) {}

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
  readonly whenIdle = (callback: () => void) => this.after(50, callback);

  readonly randomUUID = () => {
    this.uuids += 1;
    return `00000000-0000-4000-8000-${String(this.uuids).padStart(12, "0")}`;
  };

  readonly isOnline = () => this.online;

  readonly onOnlineChange = (callback: (online: boolean) => void) => {
    this.onlineListeners.add(callback);
    return () => this.onlineListeners.delete(callback);
  };

  readonly isVisible = () => this.visible;

  readonly onSeen = (callback: () => void) => {
    this.seenListeners.add(callback);
    return () => this.seenListeners.delete(callback);
  };

  readonly joinTabs = (callback: (message: unknown) => void) => this.browser.join(callback);

  readonly storage = storageIn(this.stored);
  readonly tabStorage = storageIn(this.storedInTab);

  readonly location = {
    path: () => this.address.split("?")[0] ?? "",
    query: () => /\?.*$/.exec(this.address)?.[0] ?? "",
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

  /** Somebody looks at the page again, or gives it the focus. */
  async see(): Promise<void> {
    this.visible = true;
    for (const listener of [...this.seenListeners]) listener();
    await settle();
  }

  /** The machine sleeps: its clock goes on, but nothing that is set for a time happens before it wakes. */
  sleep(milliseconds: number): void {
    this.time += milliseconds;
    for (const timer of this.timers) timer.at = Math.max(timer.at, this.time);
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
    return this.onlineListeners.size + this.seenListeners.size;
  }

  private go(path: string, how: string): void {
    this.address = path;
    this.visited.push(`${how} ${path}`);
  }
}
