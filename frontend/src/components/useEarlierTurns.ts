import { startTransition, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";
import { whenIdle } from "../stream/whenIdle";

/** How many sections are drawn at once when a conversation is opened: more than any view has room for. */
const atOnce = 2;

/** How many are added each time that the browser has nothing else to do. */
const step = 4;

/**
 * A conversation is opened at its end: its last sections are drawn at once, and the ones before them, from below, while
 * the browser is idle. After that all are there, so find-in-page and screen readers have the whole conversation.
 *
 * @param top the number of the first section; it gets smaller when earlier messages come
 * @param last the number of the last section
 * @param list the element whose children are the sections that are drawn
 * @param hasNotice whether something stands above the list
 * @returns the number of the first section that is drawn
 */
export function useEarlierTurns(
  top: number,
  last: number,
  list: RefObject<HTMLElement>,
  hasNotice: boolean,
): number {
  const most = Math.max(top, last + 1 - atOnce);
  const [wanted, setWanted] = useState(most);
  // Another version may have less before it.
  const first = Math.max(top, Math.min(wanted, most));
  useEffect(() => {
    if (first === top) return;
    return whenIdle(() => startTransition(() => setWanted(Math.max(top, first - step))));
  }, [first, top]);
  const drawn = useRef<Drawn>({ first, place: null });
  useLayoutEffect(() => {
    const before = drawn.current;
    drawn.current = { first, place: list.current && keepPlace(list.current, before, first) };
  }, [first, hasNotice, list]);
  return first;
}

/** What was at the top of the list. */
interface Drawn {
  readonly first: number;
  /** How far down that was, where it mattered. */
  readonly place: number | null;
}

/**
 * What the reader looks at stays where it is when something above it comes or goes. Where the end is followed that
 * happens anyway, and a browser with scroll anchoring sees to it, unless the view is at the very top.
 *
 * @returns how far down the first section is; null where the end is followed
 */
function keepPlace(list: HTMLElement, before: Drawn, first: number): number | null {
  const [top, moved] = [list.children[0], list.children[before.first - first]];
  const view = list.closest(".scroller[data-free]");
  if (!(top instanceof HTMLElement) || view === null) return null;
  const isAnchored = typeof CSS !== "undefined" && CSS.supports("overflow-anchor: auto");
  if (moved instanceof HTMLElement && (!isAnchored || view.scrollTop === 0)) {
    view.scrollTop += moved.offsetTop - (before.place ?? top.offsetTop);
  }
  return top.offsetTop;
}
