import type { CodeBlock } from "./blocks";

/** Lines per part of a code block: finished parts are text nodes that the browser lays out once. */
const linesPerPart = 64;

const opening = /^( {0,3})(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})([^\n]*)(\n|$)/;

/** The opening line of a fenced code block. */
export interface FenceStart {
  readonly marker: string;
  readonly indent: number;
  readonly language: string;
  readonly length: number;
  /** Whether the line has ended; until then its info string may grow, or it may not be a fence at all. */
  readonly isComplete: boolean;
  readonly block: CodeBlock;
}

/** The fence that `text` starts with, if it does. */
export function fenceStart(text: string): FenceStart | null {
  const match = opening.exec(text);
  if (!match) return null;
  const [whole = "", spaces = "", marker = "", info = "", end = ""] = match;
  const isComplete = end === "\n";
  const language = isComplete ? info.trim().replace(/\s.*$/, "") : "";
  const block: CodeBlock = { kind: "code", language, parts: [], closed: false };
  return { marker, indent: spaces.length, language, length: whole.length, isComplete, block };
}

/** Where the next unindented fence opens after the first line, or -1. Indented ones may belong to a list item. */
export function findFence(text: string): number {
  const index = text.search(/\n(?:`{3,}[^`\n]*|~{3,}[^\n]*)(?:\n|$)/);
  return index < 0 ? -1 : index + 1;
}

/** Reads the lines of an open fence. Every line is looked at once, however long the block becomes. */
export class FenceReader {
  #parts: readonly string[] = [];
  #lines: string[] = [];
  #partial = "";
  #closed = false;
  readonly #start: FenceStart;
  readonly #closing: RegExp;
  readonly #indentation: RegExp;

  constructor(start: FenceStart) {
    this.#start = start;
    const mark = start.marker.charAt(0);
    this.#closing = new RegExp(`^ {0,3}${mark}{${start.marker.length},}[ \\t]*$`);
    this.#indentation = new RegExp(`^ {0,${start.indent}}`);
  }

  /** Takes the next characters. The result is what follows the closing fence, or `null` while it is open. */
  read(added: string): string | null {
    const text = this.#partial + added;
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      const line = text.slice(from, end);
      from = end + 1;
      if (this.#closing.test(line)) {
        this.#partial = "";
        this.#closed = true;
        return text.slice(from);
      }
      this.#addLine(line);
    }
    this.#partial = text.slice(from);
    return null;
  }

  /** The block as far as it is known. A last line that looks like a closing fence is not shown as code. */
  get block(): CodeBlock {
    const isClosing = this.#closing.test(this.#partial);
    const partial = isClosing || /^ {0,3}[`~]+$/.test(this.#partial) ? "" : this.#unindented(this.#partial);
    const open = this.#lines.join("") + partial;
    const parts = open === "" ? this.#parts : [...this.#parts, open];
    return {
      kind: "code",
      language: this.#start.language,
      parts,
      closed: this.#closed || isClosing,
    };
  }

  #addLine(line: string): void {
    this.#lines.push(`${this.#unindented(line)}\n`);
    if (this.#lines.length < linesPerPart) return;
    this.#parts = [...this.#parts, this.#lines.join("")];
    this.#lines = [];
  }

  #unindented(line: string): string {
    return this.#start.indent === 0 ? line : line.replace(this.#indentation, "");
  }
}
