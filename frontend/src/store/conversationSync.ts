import type { APIClient } from "../api/client";
import { ProblemError, sentenceFor } from "../api/errors";
import { IDLE_RUN, isActive } from "../stream/runState";
import type { ActiveRun, Message, MessagePage, SessionDetail } from "../types/rest";
import type { Environment } from "../stream/environment";
import { EarlierMessages, PAGE } from "./earlierMessages";
import { RESUMABLE } from "./history";
import type { OpenConversation } from "./state";
import type { Thread } from "./thread";

/** The conversation that is kept in step. */
export interface SyncHost {
  readonly state: OpenConversation;
  /** The answer that is being written. */
  readonly writing: string | null;
  update(part: Partial<OpenConversation>): void;
  /** Follows a run that was begun elsewhere, or before the page was loaded. */
  attach(sessionId: string, run: ActiveRun): void;
  /** Whether the user has stopped the run, and the server could not be told. */
  wasStoppedUnheard(runId: string): boolean;
}

/** How many messages are read before a conversation is shown: more than any view has room for. */
const END = 30;

const NOT_HERE = "This conversation does not exist (any more).";

/** Keeps the messages of a conversation what the server has, and finds the runs of other tabs and devices. */
export class ConversationSync {
  /** The session's `updated_at` when its messages were read; null when a run of this page's has changed it since. */
  private readAsOf: string | null = null;
  private checking = false;
  /** The check's request is on its way. */
  private asking = false;
  /** Something happened meanwhile: the answer may be from before. */
  private checkAgain = false;
  private readonly earlier: EarlierMessages;
  private readonly left = new AbortController();

  constructor(
    private readonly api: APIClient,
    private readonly thread: Thread,
    private readonly host: SyncHost,
    environment: Environment,
  ) {
    this.earlier = new EarlierMessages(api, thread, host, environment, this.left.signal);
  }

  private get active(): boolean {
    return isActive(this.host.state.run);
  }

  /** A run of this page's is about to change the conversation. */
  outdate(): void {
    this.readAsOf = null;
  }

  /** Reads the conversation and follows its run when it has one. */
  async load(): Promise<void> {
    const { id } = this.host.state;
    if (id === null || this.active) return;
    this.host.update({ status: "loading", error: null, notFound: false });
    await this.reload(id);
  }

  /** The same, without taking away what is shown. */
  async reload(id: string): Promise<void> {
    await this.read(id).catch((error: unknown) => this.fail(error));
  }

  /**
   * Looks whether something has happened elsewhere: another tab or device may be asking here, or have asked. One
   * small request when nothing has.
   */
  async check(): Promise<void> {
    const { id, status, run } = this.host.state;
    this.checkAgain = this.asking;
    if (id === null || this.active || status !== "ready" || this.checking) return;
    // The user has said that they do not want to wait for this run.
    if (run.error?.code === "RECONNECT_CANCELLED") return;
    this.checking = true;
    // A window that is seen again tells it in several ways at once.
    await Promise.resolve();
    this.asking = true;
    try {
      const session = await this.api.session(id);
      if (!this.active && (session.active_run !== null || this.isStale(session)))
        await this.read(id, session);
    } catch (error) {
      if (isNotFound(error)) this.vanish();
    } finally {
      this.checking = false;
      this.asking = false;
    }
    if (this.host.state.earlier === "failed") this.readEarlier();
    if (this.checkAgain) await this.check();
  }

  /** Reads the messages again, beside a run or after it. */
  async refresh(): Promise<void> {
    const { id } = this.host.state;
    const stored = id === null ? null : await this.readEnd(id, null).catch(() => null);
    if (stored === null) return;
    this.thread.adopt(stored, this.host.writing);
    this.host.update({});
    this.readEarlier();
  }

  /** Reads the messages before those that are there. */
  readEarlier(): void {
    void this.earlier.read().catch((error: unknown) => isNotFound(error) && this.vanish());
  }

  /** Nobody looks at the conversation any more. */
  leave(): void {
    this.left.abort();
  }

  /** The conversation was deleted. */
  vanish(): void {
    this.host.update({ status: "failed", error: NOT_HERE, notFound: true, run: IDLE_RUN });
  }

  private async read(id: string, known?: SessionDetail): Promise<void> {
    // In this order: messages that are read after the run has ended hold its answer.
    const session = known ?? (await this.api.session(id));
    const run = session.active_run;
    const page = await this.readEnd(id, run?.parent_id ?? null);
    if (this.active) return;
    if (run !== null && this.host.wasStoppedUnheard(run.run_id)) {
      await this.api.stopRun(run.run_id).catch(() => null);
      return;
    }
    const running =
      run !== null &&
      page.messages.every((other) => other.id !== run.message_id || other.status === "running");
    this.thread.adopt(page, running ? run.message_id : null);
    this.readAsOf = session.updated_at;
    this.host.update({ status: "ready", error: null, title: session.title, run: IDLE_RUN });
    if (running) this.host.attach(id, run);
    this.readEarlier();
  }

  /**
   * The end of the conversation, as far back as is needed to put it into place. Mostly that is one small page, however
   * long the conversation is.
   *
   * @param question that a run answers, so it has to be there
   */
  private async readEnd(id: string, question: string | null): Promise<MessagePage> {
    const { signal } = this.left;
    const hasQuestion = ({ messages }: MessagePage): boolean =>
      question === null || this.thread.has(question) || messages.some((message) => message.id === question);
    let page = await this.api.messages(id, END, null, signal);
    while (page.next_cursor !== null && !(hasQuestion(page) && this.thread.isEnough(page, mayChange))) {
      const { messages, next_cursor } = await this.api.messages(id, PAGE, page.next_cursor, signal);
      page = { messages: [...messages, ...page.messages], next_cursor };
    }
    return page;
  }

  private isStale(session: SessionDetail): boolean {
    return session.updated_at !== this.readAsOf || this.thread.messages.some(mayChange);
  }

  private fail(error: unknown): void {
    if (isNotFound(error)) this.vanish();
    else this.host.update({ status: "failed", error: sentenceFor(error), notFound: false });
  }
}

/** Whether the server may know more of an answer than this page, or write it anew. */
function mayChange({ status, error }: Message): boolean {
  return status === "interrupted" || RESUMABLE.has(error?.code ?? "");
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 404;
}
