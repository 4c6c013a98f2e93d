import type { RunRequest } from "../api/client";
import { ActionQueue } from "../stream/actionQueue";
import type { RunAction } from "../stream/actions";
import { RunClient, type RunClientDependencies } from "../stream/runClient";

export interface RunFollowerHooks {
  /** What has happened to the run, in order. */
  take(actions: readonly RunAction[]): void;
  /** The conversation is being answered by another run; what was asked was not taken. */
  busy(request: RunRequest): void;
}

/** Follows the runs of one conversation, one after the other, and says what happens to the last one. */
export class RunFollower {
  /** What the last run was started with; null when it was found running. */
  request: RunRequest | null = null;
  private client: RunClient | null = null;
  private readonly queue: ActionQueue;

  constructor(
    private readonly dependencies: RunClientDependencies,
    private readonly hooks: RunFollowerHooks,
  ) {
    this.queue = new ActionQueue(dependencies.environment, hooks.take);
  }

  /** Asks for a run and follows it; `action` says how it begins on the page. */
  start(request: RunRequest, action: RunAction): void {
    this.follow(request.run_id, request);
    this.queue.push(action);
    this.client?.start();
  }

  /** Follows a run that is there already. */
  attach(runId: string, action: RunAction): void {
    this.follow(runId, null);
    this.queue.push(action);
    this.client?.start();
  }

  /** Tries the last run again, after the page had given it up. */
  resume(): void {
    this.queue.push({ type: "resumed", maxAttempts: 3 });
    this.client?.start();
  }

  isLast(runId: string | null | undefined): boolean {
    return this.client !== null && this.client.runId === runId;
  }

  /** Whether the user has stopped the run, and the server could not be told. */
  wasStoppedUnheard(runId: string): boolean {
    return this.isLast(runId) && this.client?.stopUndelivered === true;
  }

  stop(): void {
    this.client?.stop();
  }

  cancelRetry(): void {
    this.client?.cancelRetry();
  }

  retryNow(): void {
    this.client?.retryNow();
  }

  /** Leaves the run alone and says nothing more about it. */
  close(): void {
    this.client?.close();
    this.client = null;
    this.queue.clear();
  }

  private follow(runId: string, request: RunRequest | null): void {
    const unheardStop = this.client?.stopUndelivered ? this.client.runId : null;
    this.client?.close();
    this.request = request;
    const client: RunClient = new RunClient(runId, request, this.dependencies, {
      dispatch: (action) => {
        if (this.client === client) this.queue.push(action);
      },
      onBusy: (activeRunId) => void this.busy(client, activeRunId === unheardStop ? unheardStop : null),
    });
    this.client = client;
  }

  /** The conversation has another run: one whose Stop went unheard, or one of another tab. */
  private async busy(client: RunClient, unheardStop: string | null): Promise<void> {
    const { request } = this;
    if (request === null || this.client !== client) return;
    if (unheardStop === null) {
      this.hooks.busy(request);
      return;
    }
    await this.dependencies.api.stopRun(unheardStop).catch(() => null);
    if (this.client !== client) return;
    this.follow(request.run_id, request);
    this.client?.start();
  }
}
