import type { Environment, KeyValueStore } from "../stream/environment";
import type { Message } from "../types/rest";
import { isLocal, localId, merged, notContinued } from "./history";
import { branchOf, NO_CHOICES, ROOT, renamed, withChoice, withMessage, withoutMessage } from "./messageTree";
import type { Branch, Choices } from "./messageTree";

const KEY = "rill.branch.";

/** The messages of one conversation, and which branch of them is shown. This tab keeps that over a reload. */
export class Thread {
  private all: readonly Message[] = [];
  private choices: Choices;
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

  has(id: string): boolean {
    return this.all.some((message) => message.id === id);
  }

  /** The branch that is shown; the same object until something changes. */
  branch(end: string | null): Branch {
    const { all, choices, drawn } = this;
    if (drawn !== null && drawn.all === all && drawn.choices === choices && drawn.end === end) {
      return drawn.branch;
    }
    const branch = branchOf(all, choices, end);
    this.drawn = { all, choices, end, branch };
    return branch;
  }

  /**
   * What the server has, in place of what was known of it.
   *
   * @param writing the answer that is being written: it is drawn from its stream
   */
  adopt(stored: readonly Message[], writing: string | null): void {
    const others = stored.filter(({ id }) => id !== writing);
    this.all = merged(
      others.map((message) => this.known(message)),
      this.all,
    );
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
    this.save();
  }

  /** A message of this page's has got its id from the server. */
  confirm(id: string, confirmed: { id: string; session_id: string }): void {
    this.all = renamed(this.all, id, confirmed);
    this.sessionId = confirmed.session_id;
    this.choose(confirmed.id);
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
