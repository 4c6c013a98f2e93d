import type { APIClient } from "../api/client";
import { ProblemError, sentenceFor } from "../api/errors";
import type { Session } from "../types/rest";
import type { ConversationList } from "./state";

/** The list of conversations: pages of it, and changes that show before the server has confirmed them. */
export class ConversationLister {
  list: ConversationList = { status: "idle", items: [], hasMore: false, error: null };
  private cursor: string | null = null;
  private loadingMore = false;

  constructor(
    private readonly api: APIClient,
    private readonly changed: () => void,
  ) {}

  /** Reads the first page again; pages after it are read when they are asked for. */
  async reload(): Promise<void> {
    if (this.list.status !== "ready") this.update({ status: "loading", error: null });
    try {
      const { sessions, next_cursor: cursor } = await this.api.sessions(null);
      const listed = new Set(sessions.map(({ id }) => id));
      const last = sessions[sessions.length - 1];
      // What was read of later pages stays, as long as it is older than this page.
      const older =
        last === undefined
          ? []
          : this.list.items.filter((item) => !listed.has(item.id) && isOlder(item, last));
      const known = cursor !== null && older.length > 0;
      if (!known) this.cursor = cursor;
      const hasMore = this.cursor !== null;
      this.update({
        status: "ready",
        items: known ? [...sessions, ...older] : sessions,
        hasMore,
        error: null,
      });
    } catch (error) {
      if (this.list.status !== "ready") this.update({ status: "failed", error: sentenceFor(error) });
    }
  }

  async loadMore(): Promise<void> {
    const { cursor } = this;
    if (cursor === null || this.loadingMore) return;
    this.loadingMore = true;
    try {
      const page = await this.api.sessions(cursor);
      const listed = new Set(this.list.items.map(({ id }) => id));
      this.cursor = page.next_cursor;
      const items = [...this.list.items, ...page.sessions.filter(({ id }) => !listed.has(id))];
      this.update({ items, hasMore: page.next_cursor !== null, error: null });
    } catch (error) {
      this.update({ error: sentenceFor(error) });
    } finally {
      this.loadingMore = false;
    }
  }

  /** Puts a conversation at the top. */
  add(session: Session): void {
    this.update({ items: [session, ...this.list.items.filter(({ id }) => id !== session.id)] });
  }

  titleOf(id: string): string | null {
    return this.list.items.find((item) => item.id === id)?.title ?? null;
  }

  /** Another tab has renamed a conversation. */
  retitle(id: string, title: string): void {
    this.replaceTitle(id, title);
  }

  /** Another tab has deleted a conversation. */
  forget(id: string): void {
    this.update({ items: this.list.items.filter((item) => item.id !== id) });
  }

  /** Resolves to null, or to a sentence that says why the old title is back. */
  async rename(id: string, title: string): Promise<string | null> {
    const before = this.titleOf(id);
    this.replaceTitle(id, title);
    try {
      const session = await this.api.renameSession(id, title);
      this.replaceTitle(id, session.title);
      return null;
    } catch (error) {
      if (before !== null) this.replaceTitle(id, before);
      return sentenceFor(error);
    }
  }

  /** Resolves to null, or to a sentence that says why the conversation is still there. */
  async remove(id: string): Promise<string | null> {
    try {
      await this.api.deleteSession(id);
    } catch (error) {
      // Already deleted, by another tab for instance: that is what was wanted.
      if (!(error instanceof ProblemError && error.problem.status === 404)) return sentenceFor(error);
    }
    this.forget(id);
    return null;
  }

  private replaceTitle(id: string, title: string): void {
    this.update({ items: this.list.items.map((item) => (item.id === id ? titled(item, title) : item)) });
  }

  private update(part: Partial<ConversationList>): void {
    this.list = { ...this.list, ...part };
    this.changed();
  }
}

function isOlder(session: Session, than: Session): boolean {
  return Date.parse(session.updated_at) < Date.parse(than.updated_at);
}

function titled(session: Session, title: string): Session {
  return { ...session, title };
}
