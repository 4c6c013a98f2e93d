import type { Block, ListBlock, ListPart, ParsedText, ProseBlock, Token } from "./blocks";
import { FenceReader, fenceStart, findFence } from "./fence";
import { HeadingOutline } from "./headingOutline";
import { lexBlocks, lexInline } from "./lexer";
import { settleLiveText } from "./liveText";
import { cutProse, startsLikeBlock } from "./proseCut";

/** Blocks per group. With a few thousand blocks a frame then compares some hundred references. */
const groupSize = 32;

/** A paragraph or list longer than this many characters gives up its finished part, so that a frame stays cheap. */
const partLimit = 1_500;

/** How a text has come to be: by growth of the one text that `of` names, whose last characters `tail` has. */
export interface Growth {
  readonly of: string;
  readonly tail: { readonly start: number; readonly text: string };
}

/**
 * Reads a growing Markdown text. Blocks that can no longer change are finished once and never looked at again; each
 * call lexes only what comes after them, so a frame costs the last block and not the answer.
 */
export class BlockReader {
  #read = "";
  #of: string | null = null;
  #rest = "";
  #endsWithReturn = false;
  #full: (readonly Block[])[] = [];
  #group: Block[] = [];
  #groups: readonly (readonly Block[])[] = [];
  #open: ProseBlock | ListBlock | null = null;
  #fence: FenceReader | null = null;
  #outline = new HeadingOutline();

  /**
   * What is known of `text`, which usually continues the text of the last call; otherwise reading starts again.
   * With `isLive` the loose end is settled for display (see `settleLiveText`). With `growth` only what is new is
   * looked at, however long the text is.
   */
  read(text: string, isLive: boolean, growth: Growth | null = null): ParsedText {
    this.#append(this.#newIn(text, growth));
    this.#read = text;
    this.#of = growth?.of ?? null;
    const live = this.#advance(isLive);
    return { groups: this.#groups, live };
  }

  #newIn(text: string, growth: Growth | null): string {
    const { length } = this.#read;
    const isKnown = growth !== null && growth.of === this.#of && length <= text.length;
    if (isKnown && length >= growth.tail.start) return growth.tail.text.slice(length - growth.tail.start);
    if (!isKnown && !text.startsWith(this.#read)) {
      this.#reset();
      return text;
    }
    return text.slice(length);
  }

  #reset(): void {
    this.#read = this.#rest = "";
    this.#endsWithReturn = false;
    this.#full = [];
    this.#group = [];
    this.#groups = [];
    this.#open = this.#fence = null;
    this.#outline = new HeadingOutline();
  }

  /** Adds text with its line ends made LF; a CR at the very end may be half of a CRLF. */
  #append(added: string): void {
    if (added === "") return;
    const skipsLineFeed = this.#endsWithReturn && added.startsWith("\n");
    this.#endsWithReturn = added.endsWith("\r");
    this.#rest += (skipsLineFeed ? added.slice(1) : added).replace(/\r\n?/g, "\n");
  }

  #advance(isLive: boolean): Block | null {
    for (;;) {
      if (this.#fence) {
        const after = this.#fence.read(this.#rest);
        this.#rest = "";
        if (after === null) return this.#fence.block;
        this.#finish(this.#fence.block);
        this.#fence = null;
        this.#rest = after;
      }
      if (!this.#open) this.#rest = this.#rest.replace(/^(?:[ \t]*\n)+/, "");
      const start = this.#open?.kind === "prose" ? null : fenceStart(this.#rest);
      if (start) {
        this.#closeOpen();
        if (!start.isComplete) return start.block;
        this.#fence = new FenceReader(start);
        this.#rest = this.#rest.slice(start.length);
        continue;
      }
      const nextFence = findFence(this.#rest);
      if (nextFence < 0) return this.#lexRest(isLive);
      for (const token of lexBlocks(this.#rest.slice(0, nextFence))) this.#finishToken(token);
      this.#closeOpen();
      this.#rest = this.#rest.slice(nextFence);
    }
  }

  #lexRest(isLive: boolean): Block | null {
    this.#giveUpLongLine();
    this.#rest = this.#rest.replace(/^( *)(\t+)/gm, (_, spaces: string, tabs: string) => {
      return spaces + "    ".repeat(tabs.length);
    });
    const text = isLive ? settleLiveText(this.#rest) : this.#rest;
    const tokens = lexBlocks(text);
    const last = lastIndexOfContent(tokens);
    const token = tokens[last];
    if (!token) return this.#open;
    const tail = tokens.slice(last).reduce((raw, each) => raw + each.raw, "");
    if (last > 0 && text.endsWith(tail)) {
      for (const finished of tokens.slice(0, last)) this.#finishToken(finished);
      this.#rest = this.#rest.slice(text.length - tail.length);
    } else if (last > 0) {
      return { kind: "prose", parts: [lexInline(text)] };
    }
    if (this.#rest.length > partLimit && this.#giveUpPart(token)) return this.#lexRest(isLive);
    return this.#joined(token);
  }

  /** A single line far over the limit is cut before marked sees it: its inline lexer is not linear. */
  #giveUpLongLine(): void {
    const lineEnd = this.#rest.indexOf("\n");
    const length = lineEnd < 0 ? this.#rest.length : lineEnd;
    if (length < 4 * partLimit || this.#open?.kind === "list" || startsLikeBlock(this.#rest)) return;
    const { pieces, rest } = cutProse(this.#rest.slice(0, length), partLimit);
    if (pieces.length > 0) this.#openProse(pieces, rest + this.#rest.slice(length));
  }

  #openProse(pieces: readonly string[], rest: string): void {
    const before = this.#open?.kind === "prose" ? this.#open.parts : [];
    this.#open = { kind: "prose", parts: [...before, ...pieces.map(lexInline)] };
    this.#rest = rest;
  }

  /** Moves the finished part of a very long block out of the rest. Says whether anything was moved. */
  #giveUpPart(token: Token): boolean {
    if (token.type === "paragraph") {
      const { pieces, rest } = cutProse(this.#rest, partLimit);
      if (pieces.length === 0) return false;
      if (this.#open?.kind === "list") this.#closeOpen();
      this.#openProse(pieces, rest);
      return true;
    }
    if (token.type !== "list" || token.items.length < 2) return false;
    const done: ListPart = token.items.slice(0, -1);
    const raw = done.reduce((length, item) => length + item.raw.length, 0);
    if (!token.raw.startsWith(done.map((item) => item.raw).join(""))) return false;
    this.#open = this.#joined({ ...token, items: [...done] }) as ListBlock;
    this.#rest = this.#rest.slice(raw);
    return true;
  }

  /** The block of a token, as the continuation of the open block where it is one. */
  #joined(token: Token): Block {
    const open = this.#open;
    if (open?.kind === "prose" && token.type === "paragraph") {
      return { kind: "prose", parts: [...open.parts, token.tokens as Token[]] };
    }
    if (open?.kind === "list" && token.type === "list" && token.ordered === open.ordered) {
      return { ...open, loose: open.loose || token.loose, parts: [...open.parts, token.items] };
    }
    this.#closeOpen();
    return this.#blockOf(token, false);
  }

  #finishToken(token: Token): void {
    if (token.type === "space" || token.type === "def") return;
    const continues =
      (this.#open?.kind === "prose" && token.type === "paragraph") ||
      (this.#open?.kind === "list" && token.type === "list" && token.ordered === this.#open.ordered);
    if (continues) {
      const block = this.#joined(token);
      this.#open = null;
      this.#finish(block);
    } else {
      this.#closeOpen();
      this.#finish(this.#blockOf(token, true));
    }
  }

  #blockOf(token: Token, isFinished: boolean): Block {
    switch (token.type) {
      case "paragraph":
        return { kind: "prose", parts: [token.tokens as Token[]] };
      case "list": {
        const start = typeof token.start === "number" ? token.start : 1;
        return { kind: "list", ordered: token.ordered, start, loose: token.loose, parts: [token.items] };
      }
      case "heading": {
        const level = isFinished ? this.#outline.add(token.depth) : this.#outline.levelOf(token.depth);
        return { kind: "heading", depth: token.depth, level, tokens: token.tokens as Token[] };
      }
      default:
        return { kind: "other", token };
    }
  }

  #closeOpen(): void {
    if (this.#open) this.#finish(this.#open);
    this.#open = null;
  }

  #finish(block: Block): void {
    this.#group = [...this.#group, block];
    if (this.#group.length === groupSize) {
      this.#full = [...this.#full, this.#group];
      this.#group = [];
    }
    this.#groups = [...this.#full, this.#group];
  }
}

function lastIndexOfContent(tokens: readonly Token[]): number {
  let index = tokens.length - 1;
  while (index >= 0 && tokens[index]?.type === "space") index -= 1;
  return index;
}
