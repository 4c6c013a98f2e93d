import type { ReactNode } from "react";
import type { Token } from "./blocks";
import { CitationMark } from "./CitationMark";
import { decodeEntities } from "./entities";
import { Formula } from "./Formula";
import { safeHref } from "./links";

/** Inline tokens as elements. Raw HTML is text, except a line break; what is no allowed link keeps its label only. */
export function Inline({ tokens }: { tokens: readonly Token[] }) {
  return <>{tokens.map((token, index) => inlineElement(token, index))}</>;
}

function inlineElement(token: Token, key: number): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens ? <Inline key={key} tokens={token.tokens as Token[]} /> : decodeEntities(token.raw);
    case "strong":
      return <strong key={key}>{children(token)}</strong>;
    case "em":
      return <em key={key}>{children(token)}</em>;
    case "del":
      return <del key={key}>{children(token)}</del>;
    case "codespan":
      return <code key={key}>{codeSpanText(token.raw)}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return <Link key={key} href={token.href} label={linkLabel(token)} />;
    case "image":
      return <Link key={key} href={token.href} label={token.text || "Image"} />;
    case "citation":
      return <CitationMark key={key} numbers={token.numbers} raw={token.raw} />;
    case "math":
      return <Formula key={key} tex={token.tex} display={false} source={token.raw} />;
    case "escape":
      return token.raw.slice(1);
    case "html":
      return /^<br\s*\/?>$/i.test(token.raw) ? <br key={key} /> : token.raw;
    default:
      return token.raw;
  }
}

function children(token: { tokens: unknown }): ReactNode {
  return <Inline tokens={token.tokens as Token[]} />;
}

/** A bare address is its own label; marked has escaped that one as HTML. */
function linkLabel(token: { raw: string; text: string; tokens: unknown }): ReactNode {
  if (token.raw === token.text || !token.raw.startsWith("[")) return decodeEntities(token.text);
  return children(token);
}

function Link({ href, label }: { href: string; label: ReactNode }) {
  const address = safeHref(href);
  if (address === null) return <>{label}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow">
      {label}
    </a>
  );
}

/** The content of a code span by CommonMark §6.1: line ends are spaces, one space is dropped at both ends. */
function codeSpanText(raw: string): string {
  const ticks = raw.search(/[^`]|$/);
  const text = raw.slice(ticks, raw.length - ticks).replaceAll("\n", " ");
  const isPadded = text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "";
  return isPadded ? text.slice(1, -1) : text;
}
