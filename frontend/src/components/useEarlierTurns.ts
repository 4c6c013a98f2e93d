import { startTransition, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

/** How many sections are drawn at once when a conversation is opened: more than any view has room for. */
const atOnce = 2;

/** How many are added each time that the browser has nothing else to do. */
const step = 4;

/**
 * A conversation is opened at its end: its last sections are drawn at once, and the ones before them, from below, while
 * the browser is idle. After that all are there, so find-in-page and screen readers have the whole conversation.
 *
 * @param list the element whose children are the sections that are drawn
 * @returns the first section that is drawn
 */
export function useEarlierTurns(sections: number, list: RefObject<HTMLElement>): number {
  const most = Math.max(0, sections - atOnce);
  const [wanted, setWanted] = useState(most);
  // Another version may have less before it.
  const first = Math.min(wanted, most);
  useEffect(() => {
    if (first === 0) return;
    return whenIdle(() => startTransition(() => setWanted(Math.max(0, first - step))));
  }, [first]);
  const drawn = useRef(first);
  useLayoutEffect(() => {
    const added = drawn.current - first;
    drawn.current = first;
    if (added > 0 && list.current) keepPlace(list.current, added);
  }, [first, list]);
  return first;
}

/**
 * What the reader looks at stays where it is when something is added above. Where the end is followed that happens
 * anyway, and a browser with scroll anchoring sees to it, unless the view is at the very top.
 */
function keepPlace(list: HTMLElement, added: number): void {
  const [top, before] = [list.children[0], list.children[added]];
  const view = list.closest(".scroller[data-free]");
  if (!(top instanceof HTMLElement && before instanceof HTMLElement) || view === null) return;
  const isAnchored = typeof CSS !== "undefined" && CSS.supports("overflow-anchor: auto");
  if (!isAnchored || view.scrollTop === 0) view.scrollTop += before.offsetTop - top.offsetTop;
}

/** Calls back when the browser is idle, or after a second; the returned function takes that back. */
function whenIdle(callback: () => void): () => void {
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(callback, 50);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(callback, { timeout: 1000 });
  return () => cancelIdleCallback(handle);
}
