/**
 * Settles the loose end of a text that is still arriving, so that half-written marks do not flash as punctuation or
 * as something else: an unfinished link shows its label only, open emphasis and code are closed, and a line of dashes
 * under a paragraph waits, since it may become a list item rather than a heading.
 */
export function settleLiveText(text: string): string {
  const settled = withoutUndecidedUnderline(text);
  const lineStart = settled.lastIndexOf("\n") + 1;
  const head = settled.slice(0, lineStart);
  let line = settled.slice(lineStart);
  line = line.replace(/!?\[([^\][]*)\]\([^)\s]*$/, "$1");
  line = line.replace(/\[\d{0,3}(?:\s*,\s*\d{0,3})*$/, "");
  if (countMarks(line, /`/g) % 2 === 1) line = line.endsWith("`") ? line.slice(0, -1) : `${line}\``;
  else if (countMarks(line, /\*\*/g) % 2 === 1) line = closeStrong(line);
  return head + line;
}

function closeStrong(line: string): string {
  if (line.endsWith("**")) return line.slice(0, -2);
  if (line.endsWith("*")) return `${line}*`;
  return `${line.trimEnd()}**`;
}

function withoutUndecidedUnderline(text: string): string {
  const match = /([^\n])\n {0,3}(?:-+|=+|[*+]|#{1,6}|\d{1,9}[.)]?) *$/.exec(text);
  return match ? text.slice(0, match.index + 1) : text;
}

function countMarks(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
