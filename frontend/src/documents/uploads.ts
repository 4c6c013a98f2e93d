import { ProblemError, sentenceFor, UnreachableError } from "../api/errors";
import type { Environment } from "../stream/environment";
import type { UploadReceipt } from "../types/documents";
import type { DocumentsAPI } from "./documentsAPI";
import { batchesOf, refusalOf, sharesOf, type ChosenFile } from "./uploadBatches";

/**
 * - `waiting`: it has not been sent, or is sent again when the server is there again
 * - `sending`: `share` of it is sent
 * - `taken`: the server has it; from here on it is a document
 * - `unchanged`: the server had it already
 * - `failed`: `message` says why
 */
export type UploadStatus = "waiting" | "sending" | "taken" | "unchanged" | "failed";

export interface Upload {
  readonly id: number;
  /** Its path, or its address. */
  readonly name: string;
  readonly size: number;
  readonly status: UploadStatus;
  /** 0…1 */
  readonly share: number;
  readonly message: string | null;
  /** Whether sending it again can help. */
  readonly isRetryable: boolean;
  /** The document that has this content already. */
  readonly documentId: string | null;
}

interface Job extends ChosenFile {
  readonly id: number;
}

export interface UploadHooks {
  /** `uploads.items` or `uploads.isWaitingForServer` is another one. */
  changed(): void;
  taken(receipt: UploadReceipt): void;
}

/** Requests that are under way at once. */
export const PARALLEL = 3;
/** Milliseconds before the tries after a lost connection; the last one repeats. */
export const DELAYS = [1000, 2000, 4000, 8000, 15_000];

/** Sends files, a few requests at a time, and again when the connection was lost: nothing that was chosen is forgotten. */
export class Uploads {
  items: readonly Upload[] = [];
  isWaitingForServer = false;
  private nextId = 1;
  private queue: Job[][] = [];
  private readonly running = new Map<AbortController, readonly Job[]>();
  private readonly kept = new Map<number, Job>();
  private failures = 0;
  private cancelWait: (() => void) | null = null;
  private readonly stopListening: () => void;

  constructor(
    private readonly environment: Pick<Environment, "after" | "nextFrame" | "onOnlineChange">,
    private readonly api: Pick<DocumentsAPI, "upload">,
    private readonly hooks: UploadHooks,
  ) {
    this.stopListening = environment.onOnlineChange((online) => {
      if (online) this.goOn();
    });
  }

  /** Whether something would be lost if the page were left. */
  get isBusy(): boolean {
    return this.queue.length > 0 || this.running.size > 0;
  }

  add(files: readonly ChosenFile[]): void {
    const jobs: Job[] = [];
    const items: Upload[] = [];
    for (const { name, file } of files) {
      const job = { id: this.nextId, name, file };
      this.nextId += 1;
      const refusal = refusalOf(name, file.type, file.size);
      items.push(itemOf(job, refusal));
      if (refusal === null) jobs.push(job);
    }
    this.items = [...this.items, ...items];
    this.enqueue(jobs);
  }

  /** Files of a chosen folder that the browser itself could not read. */
  addUnreadable(paths: readonly string[]): void {
    for (const name of paths) {
      const job = { id: this.nextId, name, file: new File([], name) };
      this.nextId += 1;
      const message = "The browser could not read this. Choose it again, or check that you may open it.";
      this.items = [...this.items, itemOf(job, message)];
    }
    this.hooks.changed();
  }

  /** Sends a failed file again. */
  retry(id: number): void {
    const job = this.kept.get(id);
    if (job === undefined) return;
    this.update([job], { status: "waiting", share: 0, message: null });
    this.enqueue([job]);
  }

  /** Takes away what waits or is being sent, and what is over. */
  clear(): void {
    this.queue = [];
    for (const controller of this.running.keys()) controller.abort();
    this.items = [];
    this.kept.clear();
    this.failures = 0;
    this.isWaitingForServer = false;
    this.cancelWait?.();
    this.hooks.changed();
  }

  /** Takes away what is over. */
  dismiss(): void {
    this.items = this.items.filter(({ status }) => status === "waiting" || status === "sending");
    this.hooks.changed();
  }

  dispose(): void {
    this.stopListening();
    this.clear();
  }

  private enqueue(jobs: readonly Job[]): void {
    for (const job of jobs) this.kept.set(job.id, job);
    this.queue.push(...batchesOf(jobs));
    this.hooks.changed();
    this.pump();
  }

  /** The server may be there again. */
  private goOn(): void {
    this.cancelWait?.();
    this.cancelWait = null;
    this.pump();
  }

  private pump(): void {
    // After a lost connection one request finds out whether the server is there, not three.
    const most = this.failures > 0 ? 1 : PARALLEL;
    while (this.running.size < most && this.cancelWait === null) {
      const batch = this.queue.shift();
      if (batch === undefined) return;
      void this.send(batch);
    }
  }

  private async send(jobs: readonly Job[]): Promise<void> {
    const controller = new AbortController();
    this.running.set(controller, jobs);
    const sizes = jobs.map(({ file }) => file.size);
    const progress = this.throttled((sent: number) => {
      const shares = sharesOf(sizes, sent);
      const byId = new Map(jobs.map(({ id }, index) => [id, shares[index] ?? 0]));
      this.change((item) => {
        const share = byId.get(item.id);
        return share === undefined || item.status !== "sending" ? item : { ...item, share };
      });
    });
    this.update(jobs, { status: "sending", share: 0, message: null });
    try {
      const receipt = await this.api.upload(jobs, progress.tell, controller.signal);
      progress.stop();
      this.failures = 0;
      this.isWaitingForServer = false;
      this.settle(jobs, receipt);
      this.hooks.taken(receipt);
    } catch (error) {
      progress.stop();
      if (!controller.signal.aborted) this.fail(jobs, error);
    }
    this.running.delete(controller);
    this.hooks.changed();
    this.pump();
  }

  private settle(jobs: readonly Job[], { failures, unchanged }: UploadReceipt): void {
    for (const job of jobs) {
      const failure = failures.find(({ source }) => names(source, job.name));
      const same = unchanged.find(({ source }) => names(source, job.name));
      if (failure)
        this.update([job], { status: "failed", message: failure.error.message, isRetryable: false });
      else if (same) this.update([job], { status: "unchanged", share: 1, documentId: same.document_id });
      else this.update([job], { status: "taken", share: 1 });
      this.kept.delete(job.id);
    }
  }

  private fail(jobs: readonly Job[], error: unknown): void {
    if (isTemporary(error)) {
      const delay = DELAYS[Math.min(this.failures, DELAYS.length - 1)] ?? 1000;
      this.failures += 1;
      this.isWaitingForServer = true;
      this.queue.unshift([...jobs]);
      this.update(jobs, { status: "waiting", share: 0 });
      this.cancelWait?.();
      this.cancelWait = this.environment.after(Math.max(delay, waitOf(error)), () => this.goOn());
      return;
    }
    // One file that the server refuses must not take the others of its request with it.
    if (jobs.length > 1) {
      this.queue.unshift(...jobs.map((job) => [job]));
      this.update(jobs, { status: "waiting", share: 0 });
      return;
    }
    const isRetryable = !(error instanceof ProblemError) || error.problem.retryable;
    this.update(jobs, { status: "failed", message: sentenceFor(error), isRetryable });
  }

  private update(jobs: readonly Job[], part: Partial<Upload>): void {
    const ids = new Set(jobs.map(({ id }) => id));
    this.change((item) => (ids.has(item.id) ? { ...item, ...part } : item));
  }

  private change(next: (item: Upload) => Upload): void {
    this.items = this.items.map(next);
    this.hooks.changed();
  }

  /** Progress comes more often than the page is drawn. */
  private throttled(tell: (sent: number) => void): { tell: (sent: number) => void; stop: () => void } {
    let latest = 0;
    let cancel: (() => void) | null = null;
    return {
      tell: (sent) => {
        latest = sent;
        cancel ??= this.environment.nextFrame(() => {
          cancel = null;
          tell(latest);
        });
      },
      stop: () => cancel?.(),
    };
  }
}

function itemOf({ id, name, file }: Job, message: string | null): Upload {
  const status = message === null ? "waiting" : "failed";
  return { id, name, size: file.size, status, share: 0, message, isRetryable: false, documentId: null };
}

/** The server may put a folder before the name that it was given, and writes it in its own way. */
function names(source: string, name: string): boolean {
  const [a, b] = [source.normalize("NFC"), name.normalize("NFC")];
  return a === b || a.endsWith(`/${b}`);
}

function isTemporary(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  if (!(error instanceof ProblemError)) return false;
  const { status, retryable } = error.problem;
  return (
    status === 401 || status === 429 || status === 502 || status === 504 || (status === 503 && retryable)
  );
}

function waitOf(error: unknown): number {
  return error instanceof ProblemError ? (error.problem.retry_after_ms ?? 0) : 0;
}
