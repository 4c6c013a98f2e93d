import type { Message } from "../types/rest";

/**
 * A conversation is a tree: a question that was edited, or an answer that was written again, stands beside the
 * earlier one under the same parent. The page shows one branch of it. Everything here is pure.
 */

/** The `parent_id` of a question before which there is nothing. */
export const ROOT = "00000000-0000-0000-0000-000000000000";

/** Which message is shown under which; of what is not in it, the one that leads to the newest message. */
export type Choices = ReadonlyMap<string, string>;

export const NO_CHOICES: Choices = new Map();

/** The place of a message among those that stand in the same place of the conversation. */
export interface Version {
  /** From 1. */
  number: number;
  count: number;
  /** The messages beside it; null at the ends. */
  previous: string | null;
  next: string | null;
}

export interface Branch {
  /** From the first question to the last message. */
  messages: readonly Message[];
  /** Of those among them that have others beside them. */
  versions: ReadonlyMap<string, Version>;
}

/**
 * The branch that is shown. While only the end of the conversation is known, it is the end of that branch: it begins
 * with a question, and nothing is said of what may stand beside that one.
 *
 * @param all in the order in which they were added, parents before their children
 * @param end the message with which the branch ends, whatever has been chosen; null when it goes on to a leaf
 * @param isWhole whether these are all messages of the conversation, or those at its end
 */
export function branchOf(
  all: readonly Message[],
  choices: Choices,
  end: string | null = null,
  isWhole = true,
): Branch {
  const { children, newest } = familyOf(all);
  const chosen = end === null ? choices : withChoice(all, choices, end);
  const first = isWhole ? chosen.get(ROOT) : firstOnPath(all, chosen);
  const messages: Message[] = [];
  const versions = new Map<string, Version>();
  let parent = ROOT;
  while (parent !== end) {
    const siblings = children.get(parent) ?? [];
    const wanted = parent === ROOT ? first : chosen.get(parent);
    const shown = siblings.find(({ id }) => id === wanted) ?? newestOf(siblings, newest);
    if (shown === undefined) break;
    const isTop = parent === ROOT && !isWhole;
    // An answer without its question cannot be read, nor asked again.
    if (!isTop || shown.role === "user") messages.push(shown);
    const version = isTop ? null : versionOf(siblings, shown);
    if (version !== null) versions.set(shown.id, version);
    parent = shown.id;
  }
  return { messages, versions };
}

/** Whether the end of a conversation is enough to know the end of the branch that is shown. */
export function isDecided(all: readonly Message[], choices: Choices): boolean {
  const isKnown = choices.has(ROOT) ? firstOnPath(all, choices) !== undefined : !all.every(isVoid);
  return isKnown && branchOf(all, choices, null, false).messages.length > 0;
}

/** The first message among these to which what has been chosen leads, from the beginning of the conversation. */
function firstOnPath(all: readonly Message[], choices: Choices): string | undefined {
  const known = new Set(all.map(({ id }) => id));
  const passed = new Set<string>();
  let next = choices.get(ROOT);
  while (next !== undefined && !known.has(next) && !passed.has(next)) {
    passed.add(next);
    next = choices.get(next);
  }
  return next !== undefined && known.has(next) ? next : undefined;
}

/** The choices with which a message is on the branch that is shown. */
export function withChoice(all: readonly Message[], choices: Choices, id: string): Choices {
  const next = new Map(choices);
  let parent = ROOT;
  for (const message of pathTo(all, id)) {
    next.set(parent, message.id);
    parent = message.id;
  }
  return next;
}

/** The messages with one more; one with the same id is replaced, so that none is there twice. */
export function withMessage(all: readonly Message[], message: Message): readonly Message[] {
  if (!all.some(({ id }) => id === message.id)) return [...all, message];
  return all.map((other) => (other.id === message.id ? message : other));
}

/** The messages without one and without what stands under it. */
export function withoutMessage(all: readonly Message[], id: string): readonly Message[] {
  const gone = new Set([id]);
  return all.filter((message) => {
    if (message.parent_id !== null && gone.has(message.parent_id)) gone.add(message.id);
    return !gone.has(message.id);
  });
}

/** The messages after one has got another id; a message that has that id already takes its place. */
export function renamed(
  all: readonly Message[],
  from: string,
  to: Partial<Message> & { id: string },
): Message[] {
  const isThere = all.some(({ id }) => id === to.id);
  const withId = (message: Message): Message => {
    if (message.id === from) return { ...message, ...to };
    return message.parent_id === from ? { ...message, parent_id: to.id } : message;
  };
  return all.filter(({ id }) => !(isThere && id === from)).map(withId);
}

/** An answer that failed, or was stopped, before its first word: there is nothing to go back to. */
export function isVoid({ role, status, content }: Message): boolean {
  return role === "assistant" && content === "" && (status === "error" || status === "cancelled");
}

interface Family {
  children: ReadonlyMap<string, readonly Message[]>;
  /** The place in the list of the newest message below each; -1 when nothing below it counts. */
  newest: ReadonlyMap<string, number>;
}

function familyOf(all: readonly Message[]): Family {
  const children = new Map<string, Message[]>();
  const seen = new Set<string>();
  for (const message of all) {
    // A parent that comes later, or not at all, is none: so no circle can be in the tree.
    const parent = message.parent_id !== null && seen.has(message.parent_id) ? message.parent_id : ROOT;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [message]);
    else siblings.push(message);
    seen.add(message.id);
  }
  const newest = new Map<string, number>();
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const message = all[index];
    if (message === undefined) continue;
    const own = Math.max(newest.get(message.id) ?? -1, isVoid(message) ? -1 : index);
    newest.set(message.id, own);
    if (message.parent_id !== null) {
      newest.set(message.parent_id, Math.max(newest.get(message.parent_id) ?? -1, own));
    }
  }
  return { children, newest };
}

function newestOf(siblings: readonly Message[], newest: Family["newest"]): Message | undefined {
  const place = (message: Message): number => newest.get(message.id) ?? -1;
  return siblings.reduce<Message | undefined>(
    (best, each) => (best === undefined || place(each) >= place(best) ? each : best),
    undefined,
  );
}

function versionOf(siblings: readonly Message[], shown: Message): Version | null {
  const versions = siblings.filter((message) => message === shown || !isVoid(message));
  if (versions.length < 2) return null;
  const index = versions.indexOf(shown);
  return {
    number: index + 1,
    count: versions.length,
    previous: versions[index - 1]?.id ?? null,
    next: versions[index + 1]?.id ?? null,
  };
}

/** The messages that lead to one, from the first question on; empty when it is not there. */
function pathTo(all: readonly Message[], id: string): Message[] {
  const path: Message[] = [];
  let wanted: string | null = id;
  // A parent comes before its children, so one walk back through the list meets them all.
  for (let index = all.length - 1; index >= 0 && wanted !== null; index -= 1) {
    const message = all[index];
    if (message?.id !== wanted) continue;
    path.unshift(message);
    wanted = message.parent_id;
  }
  return path;
}
