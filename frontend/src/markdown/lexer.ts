import { Lexer, marked } from "marked";
import type { CitationToken, MathToken, Token } from "./blocks";

/** `[1]` and `[1, 2]`, also right before another one; not the label of a link or of its definition. */
const citationPattern = /^\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?![(:]|\[(?!\d{1,3}\s*[,\]]))/;
const inlineMathPattern = /^(?:\\\((.+?)\\\)|\$\$([^\n]+?)\$\$)/s;
const blockMathPattern = /^ {0,3}(?:\$\$\s*\n?([\s\S]+?)\n?\s*\$\$|\\\[\s*([\s\S]+?)\s*\\\]) *(?:\n+|$)/;

/** marked asks for the next start at every text token; looking further than this would make a long text quadratic. */
const lookAhead = 2_000;

function citation(src: string): CitationToken | undefined {
  const match = citationPattern.exec(src);
  if (!match) return undefined;
  return { type: "citation", raw: match[0] ?? "", numbers: (match[1] ?? "").split(",").map(Number) };
}

function mathWith(pattern: RegExp, display: boolean): (src: string) => MathToken | undefined {
  return (src) => {
    const match = pattern.exec(src);
    return match
      ? { type: "math", raw: match[0] ?? "", tex: match[1] ?? match[2] ?? "", display }
      : undefined;
  };
}

/** Link definitions, as tokens of their own: marked drops them, and raw texts would no longer add up to the source. */
function definition(this: { lexer: DefinitionLexer }, src: string): marked.Tokens.Def | undefined {
  const token = this.lexer.tokenizer.def(src);
  if (!token) return undefined;
  this.lexer.tokens.links[token.tag] ??= { href: token.href, title: token.title };
  return { ...token, type: "def" };
}

interface DefinitionLexer {
  tokenizer: { def(src: string): marked.Tokens.Def | undefined };
  tokens: { links: Record<string, { href: string; title: string }> };
}

// The shape that marked.use() would build, kept out of its global defaults.
const extensions = {
  renderers: {},
  childTokens: {},
  inline: [citation, mathWith(inlineMathPattern, false)],
  block: [definition, mathWith(blockMathPattern, true)],
  startInline: [(src: string) => src.slice(0, lookAhead).search(/\[\d|\\\(|\$\$/)],
  startBlock: [(src: string) => src.slice(0, lookAhead).search(/^ {0,3}(?:\$\$|\\\[)/m)],
};

interface InlineLexer {
  inlineTokens(src: string): Token[];
}

function newLexer(): Lexer {
  const options = { ...marked.getDefaults(), mangle: false, headerIds: false, extensions };
  return new Lexer(options as unknown as marked.MarkedOptions);
}

/** The block tokens of a text. A text that marked gives up on becomes one plain paragraph. */
export function lexBlocks(text: string): Token[] {
  try {
    return newLexer().lex(text) as Token[];
  } catch {
    const plain: marked.Tokens.Text = { type: "text", raw: text, text };
    return [{ type: "paragraph", raw: text, text, tokens: [plain] }];
  }
}

/** The inline tokens of a piece of a paragraph. */
export function lexInline(text: string): Token[] {
  try {
    return (newLexer() as unknown as InlineLexer).inlineTokens(text);
  } catch {
    return [{ type: "text", raw: text, text }];
  }
}
