import type { ChatRequest } from "../api/client";
import { ProblemError, sentenceFor } from "../api/errors";
import { ActionQueue } from "../stream/actionQueue";
import type { RunAction } from "../stream/actions";
import { reduceBatch } from "../stream/reducer";
import { RunClient, type RunClientDependencies } from "../stream/runClient";
import { IDLE_RUN, isActive, type RunState } from "../stream/runState";
import type { RunMetadata } from "../types/streaming";
import type { ActiveRun, Message } from "../types/rest";
import { canRetry, isLocal, localId, messageOf, questionOf, shownMessages } from "./history";
import { withMessage, withReceipts } from "./history";
import { MESSAGE_LIMIT, type OpenConversation } from "./state";

export interface ConversationHooks {
  /** `conversation.state` is another one. */
  changed(conversation: Conversation): void;
  /** The server has made a session for what was a new conversation. */
  named(conversation: Conversation, id: string, firstMessage: string): void;
  /** A run is over. */
  runEnded(conversation: Conversation): void;
}

/**
 * Failures after which the same run may still live: Retry tries it first, and asks again only when it is
 * gone.
 */
const RESUMABLE = new Set(["CONNECTION_LOST", "RECONNECT_CANCELLED"]);

/** Ends of a run that was resumed by Retry, after which only asking again helps. */
const GONE = new Set(["RUN_LOST", "DISCONNECTED", "SHUTDOWN", "INTERRUPTED"]);

const BUSY = "This conversation was already being answered, so your message was not sent.";

/** One conversation: its messages, the run that answers it, and what the user can do. */
export class Conversation {
  state: OpenConversation;
  private client: RunClient | null = null;
  private readonly queue: ActionQueue;
  /** The last thing that was asked, to be asked again when its run is gone. */
  private request: ChatRequest | null = null;
  private resumedByUser = false;
  private disposed = false;

  constructor(
    initial: Pick<OpenConversation, "id" | "title">,
    private readonly dependencies: RunClientDependencies,
    private readonly hooks: ConversationHooks,
  ) {
    const status = initial.id === null ? "ready" : "loading";
    this.state = {
      ...initial,
      status,
      error: null,
      notFound: false,
      messages: [],
      run: IDLE_RUN,
      notice: null,
      returnedDraft: null,
    };
    this.queue = new ActionQueue(dependencies.environment, (actions) => this.take(actions));
  }

  get active(): boolean {
    return isActive(this.state.run);
  }

  /** Reads the conversation from the server, and follows its run when it has one. */
  async load(): Promise<void> {
    const { id } = this.state;
    if (id === null || this.active) return;
    this.update({ status: "loading", error: null, notFound: false });
    try {
      // In this order: messages that are read after the run has ended hold its answer.
      const session = await this.dependencies.api.session(id);
      const messages = await this.dependencies.api.messages(id);
      if (this.disposed || this.active) return;
      const run = session.active_run;
      const running =
        run !== null &&
        messages.every(({ id: other, status }) => other !== run.message_id || status === "running");
      const shown = shownMessages(messages, running ? run.message_id : null);
      this.update({ status: "ready", title: session.title, messages: shown, run: IDLE_RUN });
      if (running) this.attach(id, run);
    } catch (error) {
      if (this.disposed) return;
      const notFound = error instanceof ProblemError && error.problem.status === 404;
      const sentence = notFound ? "This conversation does not exist (any more)." : sentenceFor(error);
      this.update({ status: "failed", error: sentence, notFound });
    }
  }

  /** Returns whether the text was taken. */
  send(text: string): boolean {
    const message = text.trim();
    if (this.active || this.state.status !== "ready" || message === "" || message.length > MESSAGE_LIMIT)
      return false;
    const now = this.dependencies.environment.now();
    const question: Message = {
      id: localId(this.dependencies.environment.randomUUID()),
      session_id: this.state.id,
      parent_id: null,
      role: "user",
      content: message,
      status: "done",
      created_at: new Date(now).toISOString(),
    };
    this.update({ messages: [...this.state.messages, question], notice: null });
    this.ask({ message, ...this.session() });
    return true;
  }

  stop(): void {
    this.client?.stop();
  }

  cancelRetry(): void {
    if (this.state.run.status === "reconnecting") this.client?.cancelRetry();
  }

  retryNow(): void {
    this.client?.retryNow();
  }

  /**
   * Resumes the run of the last, failed answer where it may still live; asks the same again where it does
   * not.
   */
  retry(): void {
    if (!canRetry(this.state)) return;
    const { messages, run } = this.state;
    const failed = messages[messages.length - 1];
    if (failed === undefined) return;
    const client = this.client;
    if (client !== null && client.runId === failed.run_id && RESUMABLE.has(run.error?.code ?? "")) {
      this.update({ messages: messages.slice(0, -1) });
      this.resumedByUser = true;
      this.queue.push({ type: "resumed", maxAttempts: 3 });
      client.start();
      return;
    }
    const question = questionOf(messages, failed);
    if (question === null) return;
    this.update({ messages: messages.slice(0, -1), notice: null });
    this.askAgain(question);
  }

  dismissNotice(): void {
    this.update({ notice: null });
  }

  takeDraft(): string | null {
    const { returnedDraft } = this.state;
    if (returnedDraft !== null) this.update({ returnedDraft: null });
    return returnedDraft;
  }

  rename(title: string): void {
    this.update({ title });
  }

  /** Lets go of everything; the run goes on without this reader. */
  dispose(): void {
    this.disposed = true;
    this.client?.close();
    this.queue.clear();
  }

  private session(): { session_id?: string } {
    return this.state.id === null ? {} : { session_id: this.state.id };
  }

  private askAgain(question: Message): void {
    const parent = isLocal(question.id) ? {} : { parent_id: question.id };
    this.ask({ message: question.content, ...this.session(), ...parent });
  }

  private ask(request: Omit<ChatRequest, "run_id">): void {
    const runId = this.dependencies.environment.randomUUID();
    this.request = { ...request, run_id: runId };
    this.resumedByUser = false;
    this.follow(runId, this.request);
    this.queue.push({ type: "started", runId, at: this.dependencies.environment.now() });
    this.client?.start();
  }

  private attach(sessionId: string, { run_id: runId, message_id, parent_id }: ActiveRun): void {
    this.request = null;
    this.follow(runId, null);
    const ids = { session_id: sessionId, run_id: runId, parent_id };
    const known = message_id === null ? null : { ...ids, message_id, model: "", provider: "" };
    this.queue.push({ type: "attached", runId, known, at: this.dependencies.environment.now() });
    this.client?.start();
  }

  private follow(runId: string, request: ChatRequest | null): void {
    const unconfirmedStop = this.client?.stopUndelivered ? this.client.runId : null;
    this.client?.close();
    const client: RunClient = new RunClient(runId, request, this.dependencies, {
      dispatch: (action) => {
        if (this.client === client) this.queue.push(action);
      },
      onBusy: (activeRunId) => void this.busy(activeRunId, unconfirmedStop),
    });
    this.client = client;
  }

  /** The session has another run: one that this page could not stop, or one of another tab. */
  private async busy(activeRunId: string, unconfirmedStop: string | null): Promise<void> {
    const { request } = this;
    if (request === null) return;
    if (activeRunId === unconfirmedStop) {
      await this.dependencies.api.stopRun(activeRunId).catch(() => null);
      if (!this.disposed && this.request === request) {
        this.follow(request.run_id, request);
        this.client?.start();
      }
      return;
    }
    const messages = this.state.messages.filter((message) => !isLocal(message.id));
    // What is asked again is in the conversation already; there is nothing to give back.
    const returned = request.parent_id === undefined ? { notice: BUSY, returnedDraft: request.message } : {};
    this.update({ messages, run: IDLE_RUN, ...returned });
    await this.load();
  }

  private update(part: Partial<OpenConversation>): void {
    if (this.disposed) return;
    this.state = { ...this.state, ...part };
    this.hooks.changed(this);
  }

  /** The next state of the run, and in the same update what it means for the history. */
  private take(actions: readonly RunAction[]): void {
    const before = this.state.run;
    const run = reduceBatch(before, actions);
    if (run === before) return;
    this.dependencies.debug.transition(before, run, actions[actions.length - 1]?.type ?? "received");
    const ended = isActive(before) && !isActive(run);
    if (ended && this.resumedByUser && this.request !== null && GONE.has(run.error?.code ?? "")) {
      this.askInsteadOfResuming(this.request, run);
      return;
    }
    let { messages, id } = this.state;
    if (run.metadata !== null && run.metadata !== before.metadata) {
      messages = confirmed(messages, run.metadata);
      id = run.metadata.session_id;
    }
    if (ended) messages = withMessage(messages, this.answerOf(run));
    const isNew = this.state.id === null && id !== null;
    this.update({ run, messages, id });
    if (isNew && id !== null) this.hooks.named(this, id, this.request?.message ?? "");
    if (ended) this.afterEnd(run);
  }

  private answerOf(run: RunState): Message {
    const { environment } = this.dependencies;
    return messageOf(run, localId(environment.randomUUID()), environment.now());
  }

  /** The run that Retry tried to resume is gone: the same question is asked in a new run. */
  private askInsteadOfResuming(request: ChatRequest, gone: RunState): void {
    const { run_id: _, ...again } = request;
    const parent = gone.metadata?.parent_id ?? request.parent_id;
    this.ask({
      ...again,
      ...this.session(),
      ...(parent === undefined || parent === null ? {} : { parent_id: parent }),
    });
  }

  private afterEnd(run: RunState): void {
    this.hooks.runEnded(this);
    const lost = run.error?.code === "RUN_LOST" && this.request === null;
    const parent = run.metadata?.parent_id ?? null;
    const orphan = parent !== null && this.state.messages.every(({ id }) => id !== parent);
    const incomplete = run.receipt !== null && run.receipt.last_event_id > run.lastEventId;
    // The server has more of this answer than this page: what it stored is the truth.
    if (lost || incomplete || orphan) void this.reconcile(run);
  }

  private async reconcile(run: RunState): Promise<void> {
    const { id } = this.state;
    if (id === null) return;
    const stored = await this.dependencies.api.messages(id).catch(() => null);
    if (stored === null || this.active || this.state.run !== run) return;
    const messages = withReceipts(shownMessages(stored, null), this.state.messages);
    this.update({ messages });
  }
}

/** The user's message gets the id that the server gave it. */
function confirmed(messages: readonly Message[], { parent_id, session_id }: RunMetadata): readonly Message[] {
  if (parent_id === null) return messages;
  const last = messages[messages.length - 1];
  if (last === undefined || last.role !== "user" || !isLocal(last.id)) return messages;
  return [...messages.slice(0, -1), { ...last, id: parent_id, session_id }];
}
