import type { ChatRequest, RunRequest } from "../api/client";
import { ProblemError, sentenceFor } from "../api/errors";
import { ActionQueue } from "../stream/actionQueue";
import type { RunAction } from "../stream/actions";
import { reduceBatch } from "../stream/reducer";
import { RunClient, type RunClientDependencies } from "../stream/runClient";
import { IDLE_RUN, isActive, type RunFailure, type RunState } from "../stream/runState";
import type { RunMetadata } from "../types/streaming";
import type { ActiveRun, Message, SessionDetail } from "../types/rest";
import { canContinue, canRetry, isContinuable, isLocal, localId } from "./history";
import { messageOf, notContinued, questionOf } from "./history";
import { ROOT } from "./messageTree";
import { MESSAGE_LIMIT, type OpenConversation } from "./state";
import { Thread } from "./thread";

export interface ConversationHooks {
  /** `conversation.state` is another one. */
  changed(conversation: Conversation): void;
  /** The server has made a session for what was a new conversation. */
  named(conversation: Conversation, id: string, firstMessage: string): void;
  /** The server has begun a run that this page has asked for. */
  runBegan(conversation: Conversation): void;
  /** A run is over. */
  runEnded(conversation: Conversation): void;
}

/**
 * Failures after which the same run may still live: Retry tries it first, and asks again only when it is
 * gone.
 */
const RESUMABLE = new Set(["CONNECTION_LOST", "RECONNECT_CANCELLED"]);

/** Ends of a run that was resumed by Retry, after which only asking again helps. */
const GONE = new Set(["RUN_LOST", "DISCONNECTED"]);

const BUSY = "This conversation was already being answered, so your message was not sent.";

/** One conversation: its messages, the run that answers it, and what the user can do. */
export class Conversation {
  state: OpenConversation;
  private readonly thread: Thread;
  private client: RunClient | null = null;
  private readonly queue: ActionQueue;
  /** What the last run was started with, to be asked again when it is gone; null when it was found running. */
  private request: RunRequest | null = null;
  /** The question that the last run answers: what comes after it is not shown while the run goes on. */
  private question: string | null = null;
  private resumedByUser = false;
  /** Interrupted runs from which the server does not go on. */
  private readonly refused = new Set<string>();
  /** The session's `updated_at` when its messages were read; null when a run of this page's has changed it since. */
  private readAsOf: string | null = null;
  private checking = false;
  private disposed = false;

  constructor(
    initial: Pick<OpenConversation, "id" | "title">,
    private readonly dependencies: RunClientDependencies,
    private readonly hooks: ConversationHooks,
  ) {
    const { environment } = dependencies;
    this.thread = new Thread(environment.tabStorage, initial.id);
    this.state = {
      ...initial,
      status: initial.id === null ? "ready" : "loading",
      error: null,
      notFound: false,
      ...this.thread.branch(null),
      run: IDLE_RUN,
      notice: null,
      returnedDraft: null,
    };
    this.queue = new ActionQueue(environment, (actions) => this.take(actions));
  }

  get active(): boolean {
    return isActive(this.state.run);
  }

  /** Reads the conversation from the server, and follows its run when it has one. */
  async load(): Promise<void> {
    const { id } = this.state;
    if (id === null || this.active) return;
    this.update({ status: "loading", error: null, notFound: false });
    await this.read(id).catch((error: unknown) => this.cannotLoad(error));
  }

  /**
   * Looks whether something has happened elsewhere: another tab or device may be asking here, or have asked. One
   * small request when nothing has.
   */
  async check(): Promise<void> {
    const { id, status, run } = this.state;
    if (id === null || this.active || status !== "ready" || this.checking) return;
    // The user has said that they do not want to wait for this run.
    if (run.error?.code === "RECONNECT_CANCELLED") return;
    this.checking = true;
    try {
      const session = await this.dependencies.api.session(id);
      if (this.disposed || this.active) return;
      if (session.active_run !== null || this.isStale(session)) await this.read(id, session);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) this.cannotLoad(error);
    } finally {
      this.checking = false;
    }
  }

  /** The conversation was deleted elsewhere. */
  vanish(): void {
    this.client?.close();
    this.update({ status: "failed", error: NOT_HERE, notFound: true, run: IDLE_RUN });
  }

  /** Returns whether the text was taken. */
  send(text: string): boolean {
    if (!this.canAsk(text)) return false;
    const { messages } = this.state;
    const last = messages[messages.length - 1] ?? null;
    const known = messages.filter(({ id }) => !isLocal(id));
    const lastKnown = known[known.length - 1];
    const parent = lastKnown?.role === "assistant" ? lastKnown.id : undefined;
    this.askNew(text.trim(), last?.id ?? null, parent);
    return true;
  }

  /** Asks another question in the place of one; the old one stays beside it. Returns whether the text was taken. */
  edit(id: string, text: string): boolean {
    const question = this.state.messages.find((message) => message.id === id && message.role === "user");
    if (question === undefined || !this.canAsk(text)) return false;
    if (text.trim() === question.content) {
      this.askAgain(question);
      return true;
    }
    if (isLocal(id)) this.thread.remove(id);
    this.askNew(text.trim(), question.parent_id, this.parentOf(question));
    return true;
  }

  /** Asks for another answer to the same question; the old one stays beside it. */
  regenerate(id: string): void {
    const { messages, status } = this.state;
    const answer = messages.find((message) => message.id === id && message.role === "assistant");
    const question = answer === undefined ? null : questionOf(messages, answer);
    if (question !== null && status === "ready" && !this.active) this.askAgain(question);
  }

  /** Shows the branch that a message is on. */
  show(id: string): void {
    if (this.active || !this.thread.has(id)) return;
    this.thread.choose(id);
    this.update({});
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
    const client = this.client;
    if (failed === undefined) return;
    if (client !== null && client.runId === failed.run_id && RESUMABLE.has(run.error?.code ?? "")) {
      this.thread.remove(failed.id);
      this.resumedByUser = true;
      this.queue.push({ type: "resumed", maxAttempts: 3 });
      client.start();
      return;
    }
    const question = questionOf(messages, failed);
    if (question === null) return;
    if (isLocal(failed.id)) this.thread.remove(failed.id);
    this.askAgain(question);
  }

  /** Goes on with the last answer, which the end of its server has cut off. */
  continueAnswer(): void {
    if (!canContinue(this.state)) return;
    const { messages } = this.state;
    const answer = messages[messages.length - 1];
    if (answer !== undefined) this.goOn(answer);
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

  // Reading

  private async read(id: string, known?: SessionDetail): Promise<void> {
    // In this order: messages that are read after the run has ended hold its answer.
    const session = known ?? (await this.dependencies.api.session(id));
    const messages = await this.dependencies.api.messages(id);
    if (this.disposed || this.active) return;
    const run = session.active_run;
    if (run !== null && this.client?.stopUndelivered && run.run_id === this.client.runId) {
      await this.dependencies.api.stopRun(run.run_id).catch(() => null);
      return;
    }
    const running =
      run !== null && messages.every((other) => other.id !== run.message_id || other.status === "running");
    this.adopt(messages, running ? run.message_id : null);
    this.readAsOf = session.updated_at;
    this.update({ status: "ready", error: null, title: session.title, run: IDLE_RUN });
    if (running) this.attach(id, run);
  }

  private isStale(session: SessionDetail): boolean {
    if (session.updated_at !== this.readAsOf) return true;
    return this.thread.messages.some(
      ({ status, error }) => status === "interrupted" || RESUMABLE.has(error?.code ?? ""),
    );
  }

  private adopt(stored: readonly Message[], writing: string | null): void {
    const others = stored.filter(({ id }) => id !== writing);
    this.thread.adopt(
      others.map((message) => (this.refused.has(message.run_id ?? "") ? notContinued(message) : message)),
    );
  }

  /** Reads the messages again, beside a run or after it. */
  private async refresh(): Promise<void> {
    const { id } = this.state;
    const stored = id === null ? null : await this.dependencies.api.messages(id).catch(() => null);
    if (stored === null || this.disposed) return;
    this.adopt(stored, this.active ? (this.state.run.metadata?.message_id ?? null) : null);
    this.update({});
  }

  private cannotLoad(error: unknown): void {
    const notFound = error instanceof ProblemError && error.problem.status === 404;
    this.update({ status: "failed", error: notFound ? NOT_HERE : sentenceFor(error), notFound });
  }

  // Asking

  private canAsk(text: string): boolean {
    const { length } = text.trim();
    return !this.active && this.state.status === "ready" && length > 0 && length <= MESSAGE_LIMIT;
  }

  /** @param under the message that it follows on the page; `parent` is what the server is told */
  private askNew(message: string, under: string | null, parent: string | undefined): void {
    const { environment } = this.dependencies;
    const question: Message = {
      id: localId(environment.randomUUID()),
      session_id: this.state.id,
      parent_id: under,
      role: "user",
      content: message,
      status: "done",
      created_at: new Date(environment.now()).toISOString(),
    };
    this.thread.put(question);
    this.ask(question, message, parent);
  }

  private askAgain(question: Message): void {
    this.ask(question, question.content, isLocal(question.id) ? this.parentOf(question) : question.id);
  }

  /** What the server is told about the place of a question. */
  private parentOf({ parent_id: parent }: Message): string | undefined {
    if (this.state.id === null || (parent !== null && isLocal(parent))) return undefined;
    return parent ?? ROOT;
  }

  private ask(question: Message, message: string, parent: string | undefined): void {
    const { environment } = this.dependencies;
    const request: ChatRequest = { message, run_id: environment.randomUUID() };
    if (this.state.id !== null) request.session_id = this.state.id;
    if (parent !== undefined) request.parent_id = parent;
    this.begin(question.id, request, { type: "started", runId: request.run_id, at: environment.now() });
  }

  private goOn(answer: Message): void {
    const { id: message_id, session_id, parent_id, run_id: continues, content: text, sources = [] } = answer;
    if (!continues || session_id === null) return;
    const { environment } = this.dependencies;
    const runId = environment.randomUUID();
    const [model, provider] = [answer.model ?? "", answer.provider ?? ""];
    const known = { session_id, run_id: runId, message_id, parent_id, model, provider };
    const request = { run_id: runId, continues };
    this.begin(parent_id, request, {
      type: "continued",
      runId,
      known,
      text,
      sources,
      at: environment.now(),
    });
  }

  private begin(question: string | null, request: RunRequest, action: RunAction): void {
    this.request = request;
    this.question = question;
    this.resumedByUser = false;
    this.readAsOf = null;
    this.follow(request.run_id, request);
    this.update({ notice: null });
    this.queue.push(action);
    this.client?.start();
  }

  private attach(sessionId: string, { run_id: runId, message_id, parent_id }: ActiveRun): void {
    this.request = null;
    this.question = parent_id;
    this.resumedByUser = false;
    if (parent_id !== null) this.thread.choose(parent_id);
    this.follow(runId, null);
    const ids = { session_id: sessionId, run_id: runId, parent_id };
    const known = message_id === null ? null : { ...ids, message_id, model: "", provider: "" };
    this.queue.push({ type: "attached", runId, known, at: this.dependencies.environment.now() });
    this.client?.start();
  }

  private follow(runId: string, request: RunRequest | null): void {
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
    const { id } = this.state;
    if (request === null || id === null) return;
    if (activeRunId === unconfirmedStop) {
      await this.dependencies.api.stopRun(activeRunId).catch(() => null);
      if (!this.disposed && this.request === request) {
        this.follow(request.run_id, request);
        this.client?.start();
      }
      return;
    }
    // What is asked again is in the conversation already; there is nothing to give back.
    const isNew = "message" in request && this.question !== null && isLocal(this.question);
    this.thread.removeLocal();
    this.update({ run: IDLE_RUN, ...(isNew ? { notice: BUSY, returnedDraft: request.message } : {}) });
    await this.read(id).catch((error: unknown) => this.cannotLoad(error));
  }

  // Following

  private update(part: Partial<OpenConversation>): void {
    if (this.disposed) return;
    const { run = this.state.run } = part;
    const branch = this.thread.branch(isActive(run) ? this.question : null);
    this.state = { ...this.state, ...part, ...branch };
    this.hooks.changed(this);
  }

  /** The next state of the run, and in the same update what it means for the history. */
  private take(actions: readonly RunAction[]): void {
    const before = this.state.run;
    const run = reduceBatch(before, actions);
    if (run === before) return;
    this.dependencies.debug.transition(before, run, actions[actions.length - 1]?.type ?? "received");
    const ended = isActive(before) && !isActive(run);
    if (ended && run.error !== null && this.goesOnByItself(run, run.error)) return;
    const isConfirmed = run.metadata !== null && run.lastEventId > 0 && before.lastEventId === 0;
    if (isConfirmed && run.metadata !== null) this.confirm(run.metadata);
    if (ended) this.thread.put(this.answerOf(run));
    const isNew = this.state.id === null && run.metadata !== null;
    const id = run.metadata?.session_id ?? this.state.id;
    this.update({ run, id });
    if (isNew && id !== null) this.hooks.named(this, id, this.firstMessage());
    if (isConfirmed && this.request !== null) this.hooks.runBegan(this);
    if (ended) this.afterEnd(run);
  }

  private firstMessage(): string {
    return this.request !== null && "message" in this.request ? this.request.message : "";
  }

  /** The question has the id that the server gave it; one that came from elsewhere has still to be read. */
  private confirm({ parent_id: id, session_id }: RunMetadata): void {
    if (id === null) return;
    const asked = this.question;
    this.question = id;
    if (asked !== null && isLocal(asked)) this.thread.confirm(asked, { id, session_id });
    else if (this.thread.has(id)) this.thread.choose(id);
    else void this.refresh();
  }

  private answerOf(run: RunState): Message {
    const { environment } = this.dependencies;
    const unnamed = { id: localId(environment.randomUUID()), parent_id: this.question };
    const answer = messageOf(run, unnamed, environment.now());
    return this.refused.has(answer.run_id ?? "") ? notContinued(answer) : answer;
  }

  /** Whether a failure is answered with another run, since that is what the user has asked for. */
  private goesOnByItself(run: RunState, error: RunFailure): boolean {
    const { request } = this;
    if (request !== null && "continues" in request && isRefusal(run, error)) {
      this.refused.add(request.continues);
      this.thread.put(notContinued({ ...this.answerOf(run), run_id: request.continues }));
      this.update({ run });
      this.hooks.runEnded(this);
      // Another tab may have continued it.
      void this.refresh();
      return true;
    }
    if (!this.resumedByUser || run.metadata === null) return false;
    const answer = this.answerOf(run);
    this.resumedByUser = false;
    if (isContinuable(answer)) {
      this.thread.put(answer);
      this.goOn(answer);
      return true;
    }
    const question = GONE.has(error.code) ? questionOf(this.state.messages, answer) : null;
    if (question === null) return false;
    this.askAgain(question);
    return true;
  }

  private afterEnd(run: RunState): void {
    this.hooks.runEnded(this);
    const lost = run.error?.code === "RUN_LOST" && this.request === null;
    const incomplete = run.receipt !== null && run.receipt.last_event_id > run.lastEventId;
    // The server has more of this answer than this page: what it stored is the truth.
    if (lost || incomplete) void this.refresh();
  }
}

const NOT_HERE = "This conversation does not exist (any more).";

/** Whether the server will not go on with an interrupted answer, rather than cannot just now. */
function isRefusal({ lastEventId }: RunState, { code, retryable }: RunFailure): boolean {
  return lastEventId === 0 && (code === "NOT_INTERRUPTED" || code === "NOT_FOUND" || !retryable);
}
