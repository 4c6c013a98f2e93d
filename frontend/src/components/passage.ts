import type { Source } from "../types/streaming";

/**
 * A passage as it is shown: without the headings at its beginning that only say again where it is, since the title and
 * the locator stand above it.
 */
export function passageText({ snippet, title, locator }: Source): string {
  const known = new Set([title, ...locator.split(/ [›>] /)].map((part) => part.trim().toLowerCase()));
  let text = snippet.trimStart();
  for (;;) {
    const heading = /^#{1,6} +(.*?)(?: +#+)? *(?:\n+|$)/.exec(text);
    const [line = "", words = ""] = heading ?? [];
    if (line === "" || !known.has(words.trim().toLowerCase())) break;
    text = text.slice(line.length);
  }
  return text === "" ? snippet : text;
}
