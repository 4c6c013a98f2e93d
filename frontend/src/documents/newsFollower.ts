import { readConnection } from "../stream/connection";
import type { Environment } from "../stream/environment";
import type { DocumentNews } from "../types/documents";
import { readNews } from "../types/parseDocuments";
import type { DocumentsAPI } from "./documentsAPI";

/**
 * - `off`: nobody looks
 * - `connecting`: the first try is under way
 * - `live`: every change is shown at once
 * - `lost`: the server cannot be reached; it is tried again at `retryAt`, or at once when the network is back
 */
export type Connection =
  | { readonly phase: "off" | "connecting" | "live" }
  | { readonly phase: "lost"; readonly retryAt: number; readonly attempt: number };

export interface NewsHooks {
  /** `follower.connection` is another one. */
  changed(): void;
  /** What came since the last frame, oldest first. */
  news(news: readonly DocumentNews[]): void;
  /** The stream began: what happened before it has to be looked up. */
  connected(): void;
}

/** Milliseconds before the tries after a lost connection; the last one repeats. */
export const DELAYS = [1000, 2000, 4000, 8000, 15_000, 30_000];
/** Milliseconds without a sign of life after which a connection counts as dead. The server's heart beats faster. */
export const SILENCE = 45_000;

/** Follows the news of the documents for as long as somebody looks, over every loss of the connection. */
export class NewsFollower {
  connection: Connection = { phase: "off" };
  private controller: AbortController | null = null;
  private attempt = 0;
  private cancelRetry: (() => void) | null = null;
  private cancelSilence: (() => void) | null = null;
  private cancelFrame: (() => void) | null = null;
  private pending: DocumentNews[] = [];
  private endings: (() => void)[] = [];

  constructor(
    private readonly environment: Pick<
      Environment,
      "after" | "nextFrame" | "now" | "onOnlineChange" | "onSeen" | "isVisible"
    >,
    private readonly api: Pick<DocumentsAPI, "events">,
    private readonly hooks: NewsHooks,
  ) {}

  start(): void {
    if (this.connection.phase !== "off") return;
    this.endings = [
      this.environment.onOnlineChange((online) => (online ? this.tryNow() : undefined)),
      this.environment.onSeen(() => this.tryNow()),
    ];
    this.set({ phase: "connecting" });
    void this.connect();
  }

  stop(): void {
    for (const end of this.endings) end();
    this.endings = [];
    this.controller?.abort();
    this.controller = null;
    this.cancelRetry?.();
    this.cancelSilence?.();
    this.cancelFrame?.();
    this.cancelFrame = null;
    this.pending = [];
    this.attempt = 0;
    this.set({ phase: "off" });
  }

  /** Tries again at once; nothing when the connection is there. */
  tryNow(): void {
    if (this.connection.phase !== "lost" || this.controller !== null) return;
    this.cancelRetry?.();
    void this.connect();
  }

  private async connect(): Promise<void> {
    const controller = new AbortController();
    this.controller = controller;
    this.heard();
    await readConnection((signal) => this.api.events(signal), controller.signal, {
      onHead: () => {
        this.attempt = 0;
        this.set({ phase: "live" });
        this.hooks.connected();
      },
      onBytes: () => this.heard(),
      onHeartbeat() {},
      onFrame: ({ data }) => {
        this.take(data);
        return true;
      },
      onUnreadable() {},
    });
    if (this.controller !== controller) return;
    this.controller = null;
    this.cancelSilence?.();
    const delay = DELAYS[Math.min(this.attempt, DELAYS.length - 1)] ?? 1000;
    this.attempt += 1;
    this.set({ phase: "lost", retryAt: this.environment.now() + delay, attempt: this.attempt });
    this.cancelRetry = this.environment.after(delay, () => void this.connect());
  }

  private heard(): void {
    this.cancelSilence?.();
    this.cancelSilence = this.environment.after(SILENCE, () => this.controller?.abort());
  }

  private take(data: string): void {
    let news: DocumentNews | null;
    try {
      news = readNews(data);
    } catch {
      return; // A newer server's: the list is looked up again with the next connection.
    }
    if (news === null) return;
    this.pending.push(news);
    this.cancelFrame ??= this.environment.nextFrame(() => {
      this.cancelFrame = null;
      this.hooks.news(this.pending.splice(0));
    });
  }

  private set(connection: Connection): void {
    this.connection = connection;
    this.hooks.changed();
  }
}
