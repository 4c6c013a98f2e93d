/** Whether a line could be read as something else than prose, or is none. A piece may not end before such a rest. */
export function startsLikeBlock(text: string): boolean {
  return /^(?:[\s#>|~`=_+*-]|\d{1,9}[.)])/.test(text);
}

/**
 * Cuts a paragraph that has become very long into pieces of about `size` characters and a rest. It cuts between
 * sentences where it can, else between words, never inside open emphasis or code, and never across a line that ends
 * the paragraph. Text without any space (a long line of Chinese, say) is cut anywhere.
 */
export function cutProse(text: string, size: number): { pieces: string[]; rest: string } {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > size && !/\n[ \t]*\n/.test(rest.slice(0, size))) {
    const end = cutPosition(rest, size);
    if (end < 0) break;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return { pieces, rest };
}

function cutPosition(text: string, size: number): number {
  const window = text.slice(0, size);
  for (const mark of [". ", " "]) {
    let index = window.lastIndexOf(mark);
    for (let tries = 0; index > size / 4 && tries < 40; tries += 1) {
      const end = index + mark.length;
      if (isBalanced(text.slice(0, end)) && !startsLikeBlock(text.slice(end, end + 12))) return end;
      index = window.lastIndexOf(mark, index - 1);
    }
  }
  return /\s/.test(window) || isLowSurrogate(text, size) ? -1 : size;
}

function isBalanced(piece: string): boolean {
  const count = (pattern: RegExp): number => piece.match(pattern)?.length ?? 0;
  return (
    count(/`/g) % 2 === 0 &&
    count(/\*\*/g) % 2 === 0 &&
    count(/\[/g) === count(/\]/g) &&
    count(/\$\$/g) % 2 === 0
  );
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
