import { ProblemError, sentenceFor } from "../api/errors";
import type { ContentBlock, ContentPart, DocumentInfo, Highlight } from "../types/documents";
import type { ContentAnchor, DocumentsAPI } from "./documentsAPI";

export interface ContentState {
  readonly status: "loading" | "ready" | "failed";
  /** A sentence, when it has failed. */
  readonly error: string | null;
  /** Why there is nothing: the document was deleted, or it has changed and has the passage no longer. */
  readonly gone: "document" | "passage" | null;
  readonly document: DocumentInfo | null;
  readonly blocks: readonly ContentBlock[];
  /** The part that is here, of `length` bytes. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly highlight: Highlight | null;
  /** Counts the times another part was opened, so that it is shown from its own beginning. */
  readonly opened: number;
}

const INITIAL: ContentState = {
  status: "loading",
  error: null,
  gone: null,
  document: null,
  blocks: [],
  from: 0,
  to: 0,
  length: 0,
  highlight: null,
  opened: 0,
};

/** Bytes that are fetched at a time. */
export const PART = 20_000;

/** A part of a document's text that grows up and down while somebody reads. */
export class ContentWindow {
  private state = INITIAL;
  private asked = 0;
  private growing: "up" | "down" | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly api: Pick<DocumentsAPI, "content" | "get">,
    private readonly id: string,
  ) {}

  readonly getState = (): ContentState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Shows the part around an anchor, in the place of what was shown. */
  readonly open = async (anchor: ContentAnchor): Promise<void> => {
    this.asked += 1;
    const { asked } = this;
    this.growing = null;
    this.set({
      status: this.state.blocks.length === 0 ? "loading" : this.state.status,
      error: null,
      gone: null,
    });
    try {
      const part = await this.api.content(this.id, anchor);
      if (asked !== this.asked) return;
      const { opened } = this.state;
      this.set({ ...stateOf(part), status: "ready", error: null, gone: null, opened: opened + 1 });
    } catch (error) {
      if (asked !== this.asked) return;
      const gone = goneOf(error);
      // A document that is still being read has no text yet; that is not the same as no document.
      const document = gone === "document" ? await this.api.get(this.id).catch(() => null) : null;
      if (asked !== this.asked) return;
      if (document === null) this.set({ status: "failed", error: sentenceFor(error), gone });
      else this.set({ ...INITIAL, status: "ready", document });
    }
  };

  /** Fetches what comes before or after what is shown. */
  readonly more = async (direction: "up" | "down"): Promise<void> => {
    const { status, from, to, length } = this.state;
    const isAtEnd = direction === "up" ? from <= 0 : to >= length;
    if (status !== "ready" || isAtEnd || this.growing !== null) return;
    this.growing = direction;
    const { asked } = this;
    try {
      const start = direction === "up" ? Math.max(0, from - PART) : to;
      const part = await this.api.content(this.id, { from: start }, direction === "up" ? from - start : PART);
      if (asked === this.asked) this.set(grown(this.state, part, direction));
    } catch {
      // What is there stays; the next scroll asks again.
    }
    if (asked === this.asked) this.growing = null;
  };

  private set(part: Partial<ContentState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

function stateOf({ document, blocks, from, to, length, highlight }: ContentPart) {
  return { document, blocks, from, to, length, highlight };
}

/** What is shown and the new part; blocks that are there already are not shown twice. */
function grown(state: ContentState, part: ContentPart, direction: "up" | "down"): Partial<ContentState> {
  const { blocks, from, to } = state;
  if (direction === "up") {
    const first = blocks[0]?.start ?? from;
    const before = part.blocks.filter(({ start }) => start < first);
    // Should nothing come, the beginning is reached all the same: asking again would bring the same.
    return { blocks: [...before, ...blocks], from: before.length === 0 ? 0 : Math.min(from, part.from) };
  }
  const last = blocks[blocks.length - 1]?.start ?? -1;
  const after = part.blocks.filter(({ start }) => start > last);
  return { blocks: [...blocks, ...after], to: after.length === 0 ? state.length : Math.max(to, part.to) };
}

function goneOf(error: unknown): ContentState["gone"] {
  if (!(error instanceof ProblemError) || error.problem.status !== 404) return null;
  return error.problem.code === "PASSAGE_GONE" ? "passage" : "document";
}
