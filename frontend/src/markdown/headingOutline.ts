/** Headings of an answer sit below the page's h1 and the message's h2. */
const topLevel = 3;

/**
 * Gives the headings of an answer levels that the page's outline can bear: the first is an h3 whatever it was written
 * as, and none is more than one deeper than the heading before it.
 */
export class HeadingOutline {
  #topDepth = 0;
  #lastLevel = topLevel - 1;

  /** The level that a heading of `depth` (1…6) would have next. */
  levelOf(depth: number): number {
    const top = this.#topDepth === 0 ? depth : Math.min(this.#topDepth, depth);
    const level = topLevel + depth - top;
    return Math.min(level, this.#lastLevel + 1, 6);
  }

  /** The same, and remembers the heading. */
  add(depth: number): number {
    const level = this.levelOf(depth);
    this.#topDepth = this.#topDepth === 0 ? depth : Math.min(this.#topDepth, depth);
    this.#lastLevel = level;
    return level;
  }
}
