import { ProblemError, sentenceFor } from "../api/errors";
import type { ChatStore } from "../store";
import type { LoadStatus } from "../store/state";

import type { DocumentInfo, DocumentNews, EmbeddingInfo, UploadReceipt } from "../types/documents";
import { foldersOf, NO_FILTER, withNews, type Listing } from "./documentList";
import { DocumentsAPI, type DocumentFilter, type SendForm } from "./documentsAPI";
import { NewsFollower, type Connection } from "./newsFollower";
import { Uploads, type Upload } from "./uploads";
import type { FoundFiles } from "./folderReader";

export interface DocumentsState extends Listing {
  readonly status: LoadStatus;
  /** A sentence, when the list could not be loaded. */
  readonly error: string | null;
  readonly filter: DocumentFilter;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  /** Folders that were ever listed, so that a filter does not take its own choices away. */
  readonly folders: readonly string[];
  readonly embedding: EmbeddingInfo | null;
  readonly uploads: readonly Upload[];
  /** The uploads wait for a server that cannot be reached. */
  readonly uploadsWait: boolean;
  readonly connection: Connection;
  /** What the user should know about the last action; null when nothing. */
  readonly notice: string | null;
}

const INITIAL: DocumentsState = {
  status: "idle",
  error: null,
  filter: NO_FILTER,
  items: [],
  total: 0,
  hasMore: false,
  isLoadingMore: false,
  folders: [],
  embedding: null,
  uploads: [],
  uploadsWait: false,
  connection: { phase: "off" },
  notice: null,
};

/** Documents of one request, and the most that are looked up again after a lost connection. */
const PAGE = 100;
const MOST_AGAIN = 1000;

/** The documents of the knowledge base: the list, what is sent to it, and what changes in it. */
export class DocumentsStore {
  readonly api: DocumentsAPI;
  private state = INITIAL;
  private cursor: string | null = null;
  /** Counts what is asked, so that an answer to an older question is dropped. */
  private asked = 0;
  private readonly listeners = new Set<() => void>();
  private readonly uploads: Uploads;
  private readonly follower: NewsFollower;
  private watchers = 0;
  /** The newest word on each document since the list was asked for: its answer may have been on its way for longer. */
  private readonly heard = new Map<string, DocumentNews>();

  constructor(
    private readonly chat: Pick<ChatStore, "services" | "documentRemoved" | "refreshServer">,
    sendForm: SendForm,
  ) {
    const { environment, api } = chat.services;
    this.api = new DocumentsAPI(api, sendForm);
    this.uploads = new Uploads(environment, this.api, {
      changed: () => this.set({ uploads: this.uploads.items, uploadsWait: this.uploads.isWaitingForServer }),
      taken: (receipt) => this.taken(receipt),
    });
    this.follower = new NewsFollower(environment, this.api, {
      changed: () => this.set({ connection: this.follower.connection }),
      news: (news) => this.hear(news),
      // The list is asked for at once, whatever becomes of the stream; so what it holds may be older than the stream.
      connected: () => void this.lookAgain(),
    });
  }

  readonly getState = (): DocumentsState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get isSending(): boolean {
    return this.uploads.isBusy;
  }

  /** Follows the changes for as long as somebody looks; the returned function ends that. */
  readonly watch = (): (() => void) => {
    this.watchers += 1;
    if (this.watchers === 1) {
      this.follower.start();
      void (this.state.status === "ready" ? this.lookAgain() : this.load());
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.watchers -= 1;
      if (this.watchers === 0) this.follower.stop();
    };
  };

  readonly reload = (): void => void this.load();
  readonly tryNow = (): void => this.follower.tryNow();
  readonly retryUpload = (id: number): void => this.uploads.retry(id);
  readonly cancelUploads = (): void => this.uploads.clear();
  readonly dismissUploads = (): void => this.uploads.dismiss();
  readonly dismissNotice = (): void => this.set({ notice: null });

  readonly setFilter = (part: Partial<DocumentFilter>): void => {
    this.set({ filter: { ...this.state.filter, ...part } });
    void this.load();
  };

  readonly add = ({ files, hidden, unreadable, isCut }: FoundFiles): void => {
    const parts: string[] = [];
    if (isCut) parts.push(`Only the first ${files.length.toLocaleString("en")} files were taken.`);
    if (files.length === 0 && unreadable.length === 0) parts.push("There is no file in what you chose.");
    if (hidden > 0)
      parts.push(hidden === 1 ? "1 hidden file was left out." : `${hidden} hidden files were left out.`);
    this.set({ notice: parts.length > 0 ? parts.join(" ") : null });
    this.uploads.add(files);
    if (unreadable.length > 0) this.uploads.addUnreadable(unreadable);
  };

  /** Resolves to null, or to a sentence that says why it failed. */
  readonly addAddress = (url: string): Promise<string | null> =>
    this.attempt(async () => {
      const receipt = await this.api.addAddress(url);
      this.taken(receipt);
      const [failure] = receipt.failures;
      if (failure !== undefined) return failure.error.message;
      if (receipt.unchanged.length > 0)
        this.set({ notice: "This address is already here, with the same content." });
      return null;
    });

  /** Resolves to null, or to a sentence that says why it failed. */
  readonly act = (id: string, action: "cancel" | "retry"): Promise<string | null> =>
    this.attempt(async () => {
      this.hear([{ kind: "document", document: await this.api.act(id, action) }]);
      return null;
    }, true);

  /** Resolves to null, or to a sentence that says why it failed. */
  readonly remove = (id: string): Promise<string | null> =>
    this.attempt(async () => {
      try {
        await this.api.remove(id);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.problem.status !== 404) throw error;
      }
      this.hear([{ kind: "deleted", id }]);
      return null;
    }, true);

  readonly loadMore = async (): Promise<void> => {
    const { status, hasMore, isLoadingMore, filter } = this.state;
    if (status !== "ready" || !hasMore || isLoadingMore) return;
    const { asked } = this;
    this.set({ isLoadingMore: true });
    try {
      const page = await this.api.list(filter, this.cursor, PAGE);
      if (asked !== this.asked) return;
      const known = new Set(this.state.items.map(({ id }) => id));
      const items = [...this.state.items, ...page.documents.filter(({ id }) => !known.has(id))];
      this.take({ items, total: page.total }, page.next_cursor, page.embedding);
    } catch (error) {
      if (asked === this.asked) this.set({ isLoadingMore: false, notice: sentenceFor(error) });
    }
  };

  readonly dispose = (): void => {
    this.follower.stop();
    this.uploads.dispose();
    this.listeners.clear();
  };

  /** Whatever was asked before is not waited for any longer. */
  private ask(): number {
    this.heard.clear();
    this.asked += 1;
    return this.asked;
  }

  private async load(): Promise<void> {
    const asked = this.ask();
    this.set({ status: "loading", error: null, isLoadingMore: false });
    try {
      const page = await this.api.list(this.state.filter, null, PAGE);
      if (asked === this.asked) {
        this.take({ items: page.documents, total: page.total }, page.next_cursor, page.embedding);
      }
    } catch (error) {
      if (asked === this.asked) this.set({ status: "failed", error: sentenceFor(error) });
    }
  }

  /** The same documents as far as they are listed, as they are now. */
  private async lookAgain(): Promise<void> {
    const asked = this.ask();
    const wanted = Math.min(MOST_AGAIN, Math.max(PAGE, this.state.items.length));
    try {
      const items: DocumentInfo[] = [];
      let page = await this.api.list(this.state.filter, null, PAGE);
      items.push(...page.documents);
      while (page.next_cursor !== null && items.length < wanted) {
        page = await this.api.list(this.state.filter, page.next_cursor, PAGE);
        items.push(...page.documents);
      }
      if (asked === this.asked) this.take({ items, total: page.total }, page.next_cursor, page.embedding);
    } catch (error) {
      if (asked !== this.asked) return;
      if (this.state.status !== "ready") this.set({ status: "failed", error: sentenceFor(error) });
    }
  }

  private take(listed: Listing, cursor: string | null, embedding: EmbeddingInfo | null): void {
    const times = new Map(listed.items.map((item) => [item.id, item.updated_at]));
    const isNewer = (one: DocumentNews): boolean =>
      one.kind !== "document" || one.document.updated_at >= (times.get(one.document.id) ?? "");
    const newer = [...this.heard.values()].filter(isNewer);
    const { items, total } = withNews(listed, newer, this.state.filter);
    this.cursor = cursor;
    const hasMore = cursor !== null;
    const folders = this.foldersWith(items);
    this.set({
      status: "ready",
      error: null,
      items,
      total,
      hasMore,
      isLoadingMore: false,
      embedding,
      folders,
    });
  }

  private foldersWith(items: readonly DocumentInfo[]): readonly string[] {
    const { folders } = this.state;
    const found = foldersOf(items).filter((folder) => !folders.includes(folder));
    return found.length === 0 ? folders : [...folders, ...found].sort((a, b) => a.localeCompare(b));
  }

  /** A small file may have been read, and the news of it be here, before the answer to its upload is. */
  private taken({ documents }: UploadReceipt): void {
    const known = new Map(this.state.items.map((item) => [item.id, item.updated_at]));
    const fresh = documents.filter(({ id, updated_at: time }) => time > (known.get(id) ?? ""));
    this.hear(fresh.map((document) => ({ kind: "document", document })));
  }

  private hear(news: readonly DocumentNews[]): void {
    const { items, total, filter } = this.state;
    const before = { items, total };
    const after = withNews(before, news, filter);
    let { embedding } = this.state;
    for (const one of news) {
      if (one.kind === "index") embedding = one.embedding;
      else this.heard.set(one.kind === "deleted" ? one.id : one.document.id, one);
    }
    this.set(
      after === before ? { embedding } : { ...after, embedding, folders: this.foldersWith(after.items) },
    );
    let hasReady = false;
    for (const one of news) {
      if (one.kind === "deleted") this.chat.documentRemoved(one.id);
      if (one.kind === "document" && one.document.status === "ready") hasReady = true;
    }
    // How many documents there are is shown where a conversation begins.
    if (hasReady || news.some((one) => one.kind === "deleted")) this.chat.refreshServer();
  }

  /** Runs an action; its failure is the result, and the notice too when `isTold`. */
  private async attempt(body: () => Promise<string | null>, isTold = false): Promise<string | null> {
    let problem: string | null;
    try {
      problem = await body();
    } catch (error) {
      problem = sentenceFor(error);
    }
    if (isTold && problem !== null) this.set({ notice: problem });
    return problem;
  }

  private set(part: Partial<DocumentsState>): void {
    const keys = Object.keys(part) as (keyof DocumentsState)[];
    if (keys.every((key) => Object.is(this.state[key], part[key]))) return;
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}
