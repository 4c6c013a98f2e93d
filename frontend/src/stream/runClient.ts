import { ProblemError } from "../api/errors";
import type { APIClient, RunRequest } from "../api/client";
import { isTerminal } from "../types/streaming";
import type { ReceivedEvent, RunAction } from "./actions";
import { readConnection, type ConnectionEnd } from "./connection";
import type { DebugLog } from "./debug";
import type { Environment } from "./environment";
import { readFrame } from "./frames";
import type { HeartbeatRate } from "./heartbeatRate";
import { decide, RETRY_DELAYS } from "./retryPolicy";
import { waitToRetry, type RetryWait } from "./retryWait";
import { PROTOCOL_ERROR, RECONNECT_CANCELLED } from "./sentences";
import type { ServerSentEvent } from "./sseParser";
import { Watchdog, type ProbeResult, type WatchdogHooks } from "./watchdog";

export interface RunClientDependencies {
  environment: Environment;
  api: APIClient;
  debug: DebugLog;
  heartbeat: HeartbeatRate;
}

export interface RunClientHooks {
  dispatch(action: RunAction): void;
  /** The session is answering another message; this run was not started. The client has ended. */
  onBusy(activeRunId: string): void;
}

/** Milliseconds that Stop waits for the server before the run counts as stopped without a receipt. */
const STOP_TIMEOUT = 2000;

/** Milliseconds that the last tokens get to arrive after the server has confirmed Stop. */
const CATCH_UP = 300;

/**
 * Milliseconds that a run which was stopped before it began gets to say which conversation it belongs to: the
 * next message would begin another one otherwise.
 */
const INTRODUCTION = 1500;

/**
 * Milliseconds that events the server has already sent may be under way before the stream counts as stuck.
 */
const IN_FLIGHT = 250;

/** How many questions look for a connection that works, and how many milliseconds they get. */
const WAYS = 4;
const WAY_TIMEOUT = 750;

/**
 * Follows one run over as many connections as it takes, and tells `dispatch` what happens. It decides nothing
 * about what the page shows: that is the reducer's part.
 */
export class RunClient {
  /** The server has confirmed the run: it is followed from now on, not asked for. */
  private confirmed: boolean;
  private lastEventId = 0;
  private attempt = 0;
  /** Counts the calls of `start`. */
  private turn = 0;
  private over = true;
  private stopping = false;
  /** Stop was pressed, but the server could not be told. */
  stopUndelivered = false;
  private connection: AbortController | null = null;
  private reconnectAtOnce = false;
  /** The wait before the next try, while there is one. */
  private wait: RetryWait | null = null;
  /** The run's last event, when it comes while Stop is still to be confirmed. */
  private heldEnd: ReceivedEvent | null = null;
  private onCaughtUp: (() => void) | null = null;

  /** @param request what to ask, or null to follow a run that is there already */
  constructor(
    readonly runId: string,
    private readonly request: RunRequest | null,
    private readonly dependencies: RunClientDependencies,
    private readonly hooks: RunClientHooks,
  ) {
    this.confirmed = request === null;
  }

  /** Starts the run, or tries the same one again after the page had given up. */
  start(): void {
    if (!this.over) return;
    this.over = false;
    this.attempt = 0;
    void this.followToEnd();
  }

  /** Ends the run on the server. A second call, or one after the end, does nothing. */
  stop(): void {
    if (this.over || this.stopping) return;
    void this.confirmStop();
  }

  /** Tries to connect at once, also when the connection is only suspiciously slow. */
  retryNow(): void {
    if (this.over || this.stopping) return;
    if (this.wait !== null) this.wait.wake(true);
    else void this.findWay().then(() => this.reconnect());
  }

  /** Gives up while no connection is there. */
  cancelRetry(): void {
    if (this.over || this.stopping) return;
    this.finish({ type: "failed", failure: RECONNECT_CANCELLED, at: this.now() });
  }

  /** Leaves the run alone and says nothing more about it. */
  close(): void {
    this.over = true;
    this.wait?.wake(false);
    this.connection?.abort();
  }

  private now(): number {
    return this.dependencies.environment.now();
  }

  private finish(action: RunAction): void {
    if (this.over) return;
    this.close();
    this.hooks.dispatch(action);
  }

  private async followToEnd(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    // A loop that a later `start` has replaced ends, however late its last connection lets go.
    while (turn === this.turn) {
      const before = this.lastEventId;
      const end = await this.connect();
      if (turn !== this.turn || this.over || this.stopping || end.kind === "finished") return;
      if (this.lastEventId > before) this.attempt = 0;
      if (this.reconnectAtOnce) {
        this.reconnectAtOnce = false;
        this.announceRetry(Math.max(1, this.attempt), this.now(), "");
      } else if (!(await this.prepareRetry(end))) {
        return;
      }
      this.hooks.dispatch({ type: "retryStarted" });
    }
  }

  /** Decides what comes after a connection, and waits for it. Returns whether to connect again. */
  private async prepareRetry(end: ConnectionEnd): Promise<boolean> {
    // Without a network a try proves nothing, and none is used up.
    const online = this.dependencies.environment.isOnline();
    const attempt = online ? this.attempt : Math.min(this.attempt, RETRY_DELAYS.length - 1);
    const decision = decide(end, attempt, this.confirmed);
    this.dependencies.debug.note("connection ended", { end, decision });
    switch (decision.kind) {
      case "fail":
        this.finish({ type: "failed", failure: decision.failure, at: this.now() });
        return false;
      case "busy":
        if (decision.runId === this.runId) {
          this.confirmed = true;
          return true;
        }
        this.close();
        this.hooks.onBusy(decision.runId);
        return false;
      case "retry":
        this.attempt = attempt + 1;
        return this.pause(decision.delayMs, decision.reason);
    }
  }

  private announceRetry(attempt: number, retryAt: number | null, reason: string): void {
    const maxAttempts = RETRY_DELAYS.length;
    this.hooks.dispatch({ type: "retryScheduled", attempt, maxAttempts, retryAt, reason });
  }

  private async pause(delayMs: number, reason: string): Promise<boolean> {
    const announce = (retryAt: number | null) => this.announceRetry(this.attempt, retryAt, reason);
    this.wait = waitToRetry(this.dependencies.environment, delayMs, announce);
    const goOn = await this.wait.over;
    this.wait = null;
    return goOn && !this.over;
  }

  /** Makes one connection and reads it to its end. */
  private async connect(): Promise<ConnectionEnd> {
    const { environment, api } = this.dependencies;
    const connection = new AbortController();
    this.connection = connection;
    let slow = false;
    const markSlow = (isSlow: boolean) => {
      slow = isSlow;
      this.hooks.dispatch({ type: isSlow ? "slowed" : "recovered" });
    };
    const watchdogHooks: WatchdogHooks = {
      probe: (timeoutMs) => this.probe(timeoutMs),
      onSlow: () => markSlow(true),
      onRecovered: () => markSlow(false),
      onDead: (atOnce) => {
        const asked = this.findWay();
        if (atOnce) void asked.then(() => this.reconnect());
        else connection.abort();
      },
    };
    const watchdog = new Watchdog(environment, watchdogHooks, this.dependencies.heartbeat);
    const unsubscribeSeen = environment.onSeen(() => watchdog.seen());
    // Back from a time without a network, a silent connection is most likely one of the old network's.
    const unsubscribe = environment.onOnlineChange((online) => {
      if (online && slow) this.reconnect();
    });
    const open = (signal: AbortSignal) => {
      if (this.request === null || this.confirmed) return api.followRun(this.runId, this.lastEventId, signal);
      return api.startRun(this.request, signal);
    };
    const end = await readConnection(open, connection.signal, {
      onHead: () => {
        watchdog.headCame();
        this.hooks.dispatch({ type: "connected" });
      },
      onBytes: () => watchdog.bytesCame(),
      onHeartbeat: () => watchdog.heartbeatCame(),
      onFrame: (event) => this.takeFrame(event),
      onUnreadable: (reason) => this.failUnreadable(reason),
    });
    watchdog.stop();
    unsubscribe();
    unsubscribeSeen();
    if (this.connection === connection) this.connection = null;
    return end;
  }

  /**
   * After a change of network the browser may still hold connections that are dead, and would use one for the next
   * try. A few questions at once use them up; when the first is answered there is one that works.
   */
  private async findWay(): Promise<void> {
    const { api } = this.dependencies;
    const questions = Array.from({ length: WAYS }, () => api.runStatus(this.runId, WAY_TIMEOUT));
    await Promise.any(questions).catch(() => null);
  }

  private reconnect(): void {
    if (this.over || this.stopping) return;
    this.reconnectAtOnce = this.connection !== null;
    this.connection?.abort();
  }

  /** Asks the server how far the run is. */
  private async probe(timeoutMs: number): Promise<ProbeResult> {
    const { api, environment } = this.dependencies;
    try {
      const { last_event_id: sent, status } = await api.runStatus(this.runId, timeoutMs);
      if (status === "running" && sent <= this.lastEventId) return "quiet";
      await new Promise<void>((resolve) => environment.after(IN_FLIGHT, resolve));
      return status === "running" && sent <= this.lastEventId ? "quiet" : "behind";
    } catch (error) {
      // The server lives and does not know the run: what this connection waits for will never come.
      return error instanceof ProblemError && error.problem.status === 404 ? "behind" : "unknown";
    }
  }

  /** Returns whether to read on. */
  private takeFrame(event: ServerSentEvent): boolean {
    if (this.over) return false;
    this.dependencies.debug.frame(event.id, event.data);
    const frame = readFrame(event, this.now());
    if (frame.kind === "malformed") {
      this.failUnreadable(frame.reason);
      return false;
    }
    this.confirmed = true;
    const id = frame.kind === "event" ? frame.action.id : frame.id;
    const fresh = id > this.lastEventId;
    this.lastEventId = Math.max(this.lastEventId, id);
    if (!fresh || frame.kind === "unknown") return true;
    if (!isTerminal(frame.action.event)) {
      this.hooks.dispatch(frame.action);
      return true;
    }
    if (this.stopping) {
      this.heldEnd = frame.action;
      this.onCaughtUp?.();
    } else {
      this.finish(frame.action);
    }
    return false;
  }

  private failUnreadable(reason: string): void {
    this.dependencies.debug.note("the stream cannot be understood", reason);
    this.finish({ type: "failed", failure: PROTOCOL_ERROR, at: this.now() });
  }

  private async confirmStop(): Promise<void> {
    this.stopping = true;
    this.hooks.dispatch({ type: "stopRequested" });
    this.wait?.wake(false);
    const receipt = await this.dependencies.api.stopRun(this.runId, STOP_TIMEOUT).catch(() => null);
    if (this.over) return;
    this.stopUndelivered = receipt === null;
    if (receipt !== null) {
      this.hooks.dispatch({ type: "receiptCame", receipt });
      if (!this.confirmed) await this.catchUp(INTRODUCTION);
      else if (receipt.last_event_id > this.lastEventId) await this.catchUp(CATCH_UP);
    }
    this.finish(this.heldEnd ?? { type: "stopped", at: this.now() });
  }

  /**
   * What the server stored is what the user saw: the tokens that are still under way belong to the answer.
   */
  private catchUp(milliseconds: number): Promise<void> {
    if (this.connection === null) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.dependencies.environment.after(milliseconds, resolve);
      this.onCaughtUp = () => {
        cancel();
        resolve();
      };
    });
  }
}
