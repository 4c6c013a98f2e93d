import { isTerminal } from "../types/streaming";
import type { RunAction } from "./actions";
import type { Environment } from "./environment";

/**
 * Collects what happens to a run and hands it on once per frame, in order: a token costs one `push`, however
 * long the answer is. What the user did, and how a run ended, is handed on at once, with everything before
 * it.
 */
export class ActionQueue {
  private pending: RunAction[] = [];
  private cancelFrame: (() => void) | null = null;

  constructor(
    private readonly environment: Pick<Environment, "nextFrame">,
    private readonly take: (actions: readonly RunAction[]) => void,
  ) {}

  push(action: RunAction): void {
    this.pending.push(action);
    if (action.type !== "received" || isTerminal(action.event)) this.flush();
    else this.cancelFrame ??= this.environment.nextFrame(() => this.flush());
  }

  flush(): void {
    this.cancelFrame?.();
    this.cancelFrame = null;
    if (this.pending.length === 0) return;
    const actions = this.pending;
    this.pending = [];
    this.take(actions);
  }

  /** Drops what is pending; nothing is handed on any more until the next `push`. */
  clear(): void {
    this.cancelFrame?.();
    this.cancelFrame = null;
    this.pending = [];
  }
}
