import type { ContentBlock } from "../types/documents";

/** A piece of a block's text, inside the highlight or not. */
export interface TextPiece {
  readonly text: string;
  readonly isMarked: boolean;
}

export type Overlap = "none" | "part" | "whole";

/** How much of a block lies in a span. Both count in bytes of the document's text; white space at the ends is nothing. */
export function overlapOf(block: ContentBlock, span: { start: number; end: number } | null): Overlap {
  if (span === null || span.end <= block.start || span.start >= block.end) return "none";
  return span.start <= block.start && span.end >= block.end ? "whole" : "part";
}

/** A block's text cut at the ends of a span. The span counts in UTF-8 bytes, the text of the page in UTF-16 units. */
export function piecesOf(block: ContentBlock, span: { start: number; end: number } | null): TextPiece[] {
  const { text } = block;
  const overlap = overlapOf(block, span);
  if (span === null || overlap === "none") return [{ text, isMarked: false }];
  if (overlap === "whole") return [{ text, isMarked: true }];
  const from = indexOfByte(text, span.start - block.start);
  const to = indexOfByte(text, span.end - block.start);
  const pieces = [
    { text: text.slice(0, from), isMarked: false },
    { text: text.slice(from, to), isMarked: true },
    { text: text.slice(to), isMarked: false },
  ];
  return pieces.filter((piece) => piece.text !== "");
}

/** The index in UTF-16 units of a position in UTF-8 bytes; one inside a character is the character's own. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= byte) return index;
    bytes += utf8Length(character.codePointAt(0) ?? 0);
    if (bytes > byte) return index;
    index += character.length;
  }
  return index;
}

export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += utf8Length(character.codePointAt(0) ?? 0);
  return bytes;
}

/** The lines of a block, each as a block of its own, so that each can be in a span by itself. */
export function linesOf(block: ContentBlock): ContentBlock[] {
  let { start } = block;
  const { kind, level, page } = block;
  return block.text.split("\n").map((text) => {
    const line = { kind, level, page, text, start, end: start + byteLength(text) };
    start = line.end + 1;
    return line;
  });
}
