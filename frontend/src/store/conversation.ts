import type { ChatRequest, RunRequest } from "../api/client";
import type { RunAction } from "../stream/actions";
import { reduceBatch } from "../stream/reducer";
import type { RunClientDependencies } from "../stream/runClient";
import { IDLE_RUN, isActive, type RunFailure, type RunState } from "../stream/runState";
import type { RunMetadata } from "../types/streaming";
import type { ActiveRun, Message } from "../types/rest";
import { ConversationSync, type SyncHost } from "./conversationSync";
import { canContinue, canRetry, isContinuable, isLocal, lastAnswerOf, localId } from "./history";
import { messageOf, metadataOf, notContinued, questionOf, RESUMABLE } from "./history";
import { RunFollower } from "./runFollower";
import { MESSAGE_LIMIT, type OpenConversation } from "./state";
import { Thread } from "./thread";

export interface ConversationHooks {
  /** `conversation.state` is another one. */
  changed(conversation: Conversation): void;
  /** The server has made a session for what was a new conversation. */
  named(conversation: Conversation, id: string, firstMessage: string): void;
  /** A run that this page has asked for has begun on the server, or is over. */
  ownRunChanged(conversation: Conversation): void;
  /** A run is over. */
  runEnded(conversation: Conversation): void;
}

/** Ends of a run that was resumed by Retry, after which only asking again helps. */
const GONE = new Set(["RUN_LOST", "DISCONNECTED"]);

const BUSY = "This conversation was already being answered, so your message was not sent.";

/** One conversation: its messages, the run that answers it, and what the user can do. */
export class Conversation implements SyncHost {
  state: OpenConversation;
  private readonly thread: Thread;
  private readonly follower: RunFollower;
  private readonly sync: ConversationSync;
  /** The question that the last run answers: what comes after it is not shown while the run goes on. */
  private question: string | null = null;
  private resumedByUser = false;
  private disposed = false;

  constructor(
    initial: Pick<OpenConversation, "id" | "title">,
    private readonly dependencies: RunClientDependencies,
    private readonly hooks: ConversationHooks,
  ) {
    this.thread = new Thread(dependencies.environment.tabStorage, initial.id);
    this.state = {
      ...initial,
      status: initial.id === null ? "ready" : "loading",
      error: null,
      notFound: false,
      ...this.thread.branch(null),
      earlier: "none",
      run: IDLE_RUN,
      notice: null,
      returnedDraft: null,
    };
    this.follower = new RunFollower(dependencies, {
      take: (actions) => this.take(actions),
      busy: (request) => this.busy(request),
    });
    this.sync = new ConversationSync(dependencies.api, this.thread, this, dependencies.environment);
  }

  get active(): boolean {
    return isActive(this.state.run);
  }

  get writing(): string | null {
    return this.active ? (this.state.run.metadata?.message_id ?? null) : null;
  }

  /** Reads the conversation from the server, and follows its run when it has one. */
  load(): Promise<void> {
    return this.sync.load();
  }

  /** Looks whether something has happened in other tabs or on other devices. */
  check(): Promise<void> {
    return this.sync.check();
  }

  /** Reads the messages before those that are there, after that has failed. */
  loadEarlier(): void {
    this.sync.readEarlier();
  }

  /** The conversation was deleted elsewhere. */
  vanish(): void {
    this.follower.close();
    this.sync.vanish();
  }

  /** Returns whether the text was taken. */
  send(text: string): boolean {
    if (!this.canAsk(text)) return false;
    const { messages } = this.state;
    const last = messages[messages.length - 1] ?? null;
    this.ask(this.thread.ask(text.trim(), last?.id ?? null, this.environment), lastAnswerOf(messages));
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
    const edited = this.thread.ask(text.trim(), question.parent_id, this.environment);
    this.ask(edited, this.thread.placeOf(question));
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
    this.follower.stop();
  }

  cancelRetry(): void {
    if (this.state.run.status === "reconnecting") this.follower.cancelRetry();
  }

  retryNow(): void {
    this.follower.retryNow();
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
    if (this.follower.isLast(failed.run_id) && RESUMABLE.has(run.error?.code ?? "")) {
      this.thread.remove(failed.id);
      this.resumedByUser = true;
      this.follower.resume();
      return;
    }
    const question = questionOf(messages, failed);
    if (question === null) return;
    this.askAgain(question);
  }

  /** Goes on with the last answer, which the end of its server has cut off. */
  continueAnswer(): void {
    const { messages } = this.state;
    const answer = messages[messages.length - 1];
    if (answer !== undefined && canContinue(this.state)) this.goOn(answer);
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
    this.sync.leave();
    this.follower.close();
  }

  wasStoppedUnheard(runId: string): boolean {
    return this.follower.wasStoppedUnheard(runId);
  }

  private get environment() {
    return this.dependencies.environment;
  }

  private canAsk(text: string): boolean {
    const { length } = text.trim();
    return !this.active && this.state.status === "ready" && length > 0 && length <= MESSAGE_LIMIT;
  }

  private askAgain(question: Message): void {
    this.ask(question, isLocal(question.id) ? this.thread.placeOf(question) : question.id);
  }

  /** @param parent what the server is told about the place of the question; it knows more where that is nothing */
  private ask({ id, content }: Message, parent: string | undefined): void {
    const runId = this.environment.randomUUID();
    const request: ChatRequest = { message: content, run_id: runId };
    if (this.state.id !== null) request.session_id = this.state.id;
    if (parent !== undefined) request.parent_id = parent;
    this.begin(id, request, { type: "started", runId, at: this.environment.now() });
  }

  private goOn(answer: Message): void {
    const { run_id: continues, parent_id, content: text, sources = [] } = answer;
    const runId = this.environment.randomUUID();
    const known = metadataOf(answer, runId);
    if (!continues || known === null) return;
    const at = this.environment.now();
    const action: RunAction = { type: "continued", runId, known, text, sources, at };
    this.begin(parent_id, { run_id: runId, continues }, action);
  }

  private begin(question: string | null, request: RunRequest, action: RunAction): void {
    this.question = question;
    this.resumedByUser = false;
    this.sync.outdate();
    this.update({ notice: null });
    this.follower.start(request, action);
  }

  attach(sessionId: string, { run_id, message_id, parent_id }: ActiveRun): void {
    this.question = parent_id;
    this.resumedByUser = false;
    const ids = { session_id: sessionId, run_id, parent_id };
    const known = message_id === null ? null : { ...ids, message_id, model: "", provider: "" };
    this.follower.attach(run_id, { type: "attached", runId: run_id, known, at: this.environment.now() });
  }

  private busy(request: RunRequest): void {
    const { id } = this.state;
    if (id === null) return;
    // What is asked again is in the conversation already; there is nothing to give back.
    const isNew = "message" in request && this.question !== null && isLocal(this.question);
    this.thread.removeLocal();
    this.update({ run: IDLE_RUN, ...(isNew ? { notice: BUSY, returnedDraft: request.message } : {}) });
    void this.sync.reload(id);
  }

  update(part: Partial<OpenConversation>): void {
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
    const isConfirmed = run.lastEventId > 0 && before.lastEventId === 0;
    if (isConfirmed && run.metadata !== null) this.confirm(run.metadata);
    if (ended) this.thread.put(this.answerOf(run));
    const isNew = this.state.id === null && run.metadata !== null;
    const id = run.metadata?.session_id ?? this.state.id;
    this.update({ run, id });
    const { request } = this.follower;
    const first = request !== null && "message" in request ? request.message : "";
    if (isNew && id !== null) this.hooks.named(this, id, first);
    if (ended) this.afterEnd(run);
    if (request !== null && (isConfirmed || ended)) this.hooks.ownRunChanged(this);
  }

  /** The question has the id that the server gave it; one that came from elsewhere has still to be read. */
  private confirm({ parent_id: id, session_id }: RunMetadata): void {
    if (id === null) return;
    const asked = this.question;
    this.question = id;
    if (asked !== null && isLocal(asked)) this.thread.confirm(asked, { id, session_id });
    else if (!this.thread.has(id)) void this.sync.refresh();
  }

  private answerOf(run: RunState): Message {
    const unnamed = { id: localId(this.environment.randomUUID()), parent_id: this.question };
    return messageOf(run, unnamed, this.environment.now());
  }

  /** Whether the user's wish for an answer is followed in another way, since its run has failed. */
  private goesOnByItself(run: RunState, error: RunFailure): boolean {
    const { request } = this.follower;
    const answer = this.answerOf(run);
    if (request !== null && "continues" in request && isRefusal(run, error)) {
      this.thread.refuse(request.continues);
      this.thread.put(notContinued({ ...answer, run_id: request.continues }));
      this.update({ run });
      this.hooks.runEnded(this);
      // Another tab may have continued it.
      void this.sync.refresh();
      return true;
    }
    if (!this.resumedByUser || run.metadata === null) return false;
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
    const lost = run.error?.code === "RUN_LOST" && this.follower.request === null;
    const incomplete = run.receipt !== null && run.receipt.last_event_id > run.lastEventId;
    // The server has more of this answer than this page: what it stored is the truth.
    if (lost || incomplete) void this.sync.refresh();
  }
}

/** Whether the server will not go on with an interrupted answer, rather than cannot just now. */
function isRefusal({ lastEventId }: RunState, { code, retryable }: RunFailure): boolean {
  return lastEventId === 0 && (code === "NOT_INTERRUPTED" || code === "NOT_FOUND" || !retryable);
}
