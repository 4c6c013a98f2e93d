import type { marked } from "marked";

/** `[2]` or `[1, 3]` in the text: numbers of sources. */
export interface CitationToken {
  readonly type: "citation";
  readonly raw: string;
  readonly numbers: readonly number[];
}

/** A formula in TeX, without its delimiters. */
export interface MathToken {
  readonly type: "math";
  readonly raw: string;
  readonly tex: string;
  readonly display: boolean;
}

/** A token of marked, or of one of Rill's own extensions (see `lexer.ts`). */
export type Token =
  | marked.Tokens.Space
  | marked.Tokens.Code
  | marked.Tokens.Heading
  | marked.Tokens.Table
  | marked.Tokens.Hr
  | marked.Tokens.Blockquote
  | marked.Tokens.List
  | marked.Tokens.Paragraph
  | marked.Tokens.HTML
  | marked.Tokens.Text
  | marked.Tokens.Def
  | marked.Tokens.Escape
  | marked.Tokens.Link
  | marked.Tokens.Image
  | marked.Tokens.Strong
  | marked.Tokens.Em
  | marked.Tokens.Codespan
  | marked.Tokens.Br
  | marked.Tokens.Del
  | CitationToken
  | MathToken;

/** Some consecutive items of a list. */
export type ListPart = readonly marked.Tokens.ListItem[];

/** A paragraph, in one or more parts of inline tokens. */
export interface ProseBlock {
  readonly kind: "prose";
  readonly parts: readonly (readonly Token[])[];
}

/** A list, in one or more parts of items. */
export interface ListBlock {
  readonly kind: "list";
  readonly ordered: boolean;
  readonly start: number;
  readonly loose: boolean;
  readonly parts: readonly ListPart[];
}

/** Fenced code, in parts of whole lines. */
export interface CodeBlock {
  readonly kind: "code";
  /** The info string's first word, as written; empty when there is none. */
  readonly language: string;
  readonly parts: readonly string[];
  readonly closed: boolean;
}

/** A heading with the depth it was written with and the level it has in the page's outline. */
export interface HeadingBlock {
  readonly kind: "heading";
  readonly depth: number;
  readonly level: number;
  readonly tokens: readonly Token[];
}

/** Anything else: table, quote, rule, formula, indented code, raw HTML. */
export interface OtherBlock {
  readonly kind: "other";
  readonly token: Token;
}

/**
 * One top-level block of an answer. A finished block never changes, so React skips it by identity. The kinds that a
 * model can make very long (prose, list, code) come in finished `parts`, of which only the last can still grow.
 */
export type Block = ProseBlock | ListBlock | CodeBlock | HeadingBlock | OtherBlock;

/** What has been understood of a text so far: finished blocks, and the one that may still change. */
export interface ParsedText {
  /**
   * Finished blocks in groups of a fixed size, so that a long answer is compared group by group. The last group has
   * room for the live block.
   */
  readonly groups: readonly (readonly Block[])[];
  readonly live: Block | null;
}
