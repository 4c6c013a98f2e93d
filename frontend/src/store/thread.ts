import type { Environment, KeyValueStore } from "../stream/environment";
import type { Message, MessagePage } from "../types/rest";
import { isLocal, localId, merged, notContinued } from "./history";
import { branchOf, isDecided, NO_CHOICES, ROOT, renamed } from "./messageTree";
import { withChoice, withMessage, withoutMessage } from "./messageTree";
import type { Branch, Choices } from "./messageTree";

const KEY = "rill.branch.";

/** The messages of one conversation, and which branch of them is shown. This tab keeps that over a reload. */
export class Thread {
  private all: readonly Message[] = [];
  /** Where the messages before these are; null when these are all. */
  private before: string | null = null;
  /** The oldest and the newest message that were read: what lies between them is known. */
  private oldest: string | null = null;
  private newest: string | null = null;
  private choices: Choices;
  /** What was chosen last while the way to it from the beginning was not known. */
  private chosen: string | null = null;
  private readonly refused = new Set<string>();
  private drawn: { all: readonly Message[]; choices: Choices; end: string | null; branch: Branch } | null =
    null;

  constructor(
    private readonly storage: KeyValueStore,
    private sessionId: string | null,
  ) {
    this.choices = sessionId === null ? NO_CHOICES : readChoices(storage, sessionId);
  }

  get messages(): readonly Message[] {
    return this.all;
  }

  /** The cursor of the messages before these; null when these are all. */
  get earlier(): string | null {
    return this.before;
  }

  has(id: string): boolean {
    return this.all.some((message) => message.id === id);
  }

  /** The branch that is shown; the same object until something changes. */
  branch(end: string | null): Branch {
    const { all, choices, drawn } = this;
    if (drawn !== null && drawn.all === all && drawn.choices === choices && drawn.end === end) {
      return drawn.branch;
    }
    const branch = branchOf(all, choices, end, this.before === null);
    this.drawn = { all, choices, end, branch };
    return branch;
  }

  /**
   * Whether the end of the conversation that was read goes back far enough: to what was read before, to everything
   * that `mayHaveChanged`, and to where it is known which branch is shown.
   */
  isEnough({ messages }: MessagePage, mayHaveChanged: (message: Message) => boolean): boolean {
    if (this.all.length === 0) return isDecided(messages, this.choices);
    const ids = new Set(messages.map(({ id }) => id));
    const changed = this.all.filter((message) => !isLocal(message.id) && mayHaveChanged(message));
    return this.newest !== null && ids.has(this.newest) && changed.every(({ id }) => ids.has(id));
  }

  /**
   * What the server has, in place of what was known of it.
   *
   * @param page the end of the conversation
   * @param writing the answer that is being written: it is drawn from its stream
   */
  adopt({ messages, next_cursor }: MessagePage, writing: string | null): void {
    const ids = new Set(messages.map(({ id }) => id));
    let older: readonly Message[] = [];
    if (next_cursor === null || this.oldest === null || ids.has(this.oldest)) {
      this.before = next_cursor;
      this.oldest = messages[0]?.id ?? null;
    } else {
      const first = this.all.findIndex(({ id }) => ids.has(id));
      older = this.all.slice(0, first < 0 ? undefined : first).filter(({ id }) => !isLocal(id));
    }
    this.newest = messages[messages.length - 1]?.id ?? null;
    this.all = merged([...older, ...this.readable(messages, writing)], this.all);
    this.settle();
  }

  /** Messages before the ones that are known. */
  prepend({ messages, next_cursor }: MessagePage, writing: string | null): void {
    const older = messages.filter(({ id }) => !this.has(id));
    this.all = [...merged(this.readable(older, writing), []), ...this.all];
    this.before = next_cursor;
    this.oldest = messages[0]?.id ?? this.oldest;
    this.settle();
  }

  /** The server does not go on with an interrupted answer of this run. */
  refuse(runId: string): void {
    this.refused.add(runId);
  }

  /** A question of the user's that the server does not know yet; it is shown under a message. */
  ask(
    content: string,
    under: string | null,
    { randomUUID, now }: Pick<Environment, "randomUUID" | "now">,
  ): Message {
    const question: Message = {
      id: localId(randomUUID()),
      session_id: this.sessionId,
      parent_id: under,
      role: "user",
      content,
      status: "done",
      created_at: new Date(now()).toISOString(),
    };
    this.put(question);
    return question;
  }

  /** What the server is to be told about the place of such a question when another one is asked there. */
  placeOf({ parent_id: parent }: Message): string | undefined {
    if (this.sessionId === null || (parent !== null && isLocal(parent))) return undefined;
    return parent ?? ROOT;
  }

  /** Adds or replaces a message and shows the branch that it is on. */
  put(message: Message): void {
    this.all = withMessage(this.all, this.known(message));
    this.choose(message.id);
  }

  remove(id: string): void {
    this.all = withoutMessage(this.all, id);
  }

  removeLocal(): void {
    this.all = this.all.filter(({ id }) => !isLocal(id));
  }

  choose(id: string): void {
    this.choices = withChoice(this.all, this.choices, id);
    // Not from its beginning, this way would mislead once the rest is there.
    if (this.before === null) this.save();
    else this.chosen = id;
  }

  /** A message of this page's has got its id from the server. */
  confirm(id: string, confirmed: { id: string; session_id: string }): void {
    this.all = renamed(this.all, id, confirmed);
    this.sessionId = confirmed.session_id;
    this.choose(confirmed.id);
  }

  /** More of the way to what was chosen is known. */
  private settle(): void {
    const { chosen } = this;
    if (chosen === null) return;
    this.chosen = null;
    if (this.has(chosen)) this.choose(chosen);
  }

  private readable(messages: readonly Message[], writing: string | null): Message[] {
    return messages.filter(({ id }) => id !== writing).map((message) => this.known(message));
  }

  private known(message: Message): Message {
    return this.refused.has(message.run_id ?? "") ? notContinued(message) : message;
  }

  private save(): void {
    if (this.sessionId === null) return;
    const kept = [...this.choices].filter(([parent, child]) => !isLocal(parent) && !isLocal(child));
    this.storage.set(KEY + this.sessionId, JSON.stringify(kept));
  }
}

function readChoices(storage: KeyValueStore, sessionId: string): Choices {
  try {
    const kept: unknown = JSON.parse(storage.get(KEY + sessionId) ?? "[]");
    return new Map(kept as [string, string][]);
  } catch {
    return NO_CHOICES;
  }
}
