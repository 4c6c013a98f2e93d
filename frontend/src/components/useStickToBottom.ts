import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { loadParts } from "./lazyParts";
import { initialStick, needsJump, type ScrollMetrics, type StickState } from "./stickToBottom";

interface StickToBottom {
  readonly scroller: RefObject<HTMLDivElement>;
  readonly content: RefObject<HTMLDivElement>;
  /** Whether "Jump to latest" is needed. */
  readonly isAway: boolean;
  /** Goes to the end and follows it again. */
  readonly jump: (isSmooth?: boolean) => void;
}

/**
 * Keeps the end of the conversation in view while the reader is there, and lets go as soon as they look up. The
 * position is set once per change of the content's size, after layout, when reading it costs nothing.
 */
export function useStickToBottom(): StickToBottom {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const state = useRef<StickState>(initialStick);
  const [isAway, setAway] = useState(false);

  const update = useCallback((next: StickState, metrics: ScrollMetrics) => {
    follow(scroller.current, next.isSticking);
    state.current = next;
    setAway(needsJump(next, metrics));
  }, []);

  useEffect(() => {
    const [view, inside] = [scroller.current, content.current];
    if (!view || !inside) return;
    let unwatch: (() => void) | null = null;
    let isOver = false;
    // Nothing needs to be followed before the code that draws it is there.
    const begin = ({ watchScroller }: typeof import("./parts")): void => {
      if (!isOver) unwatch = watchScroller(view, inside, () => state.current, update);
    };
    if (loadParts.loaded) begin(loadParts.loaded);
    else loadParts().then(begin, () => {});
    return () => {
      isOver = true;
      unwatch?.();
    };
  }, [update]);

  const jump = useCallback((isSmooth = false) => {
    const view = scroller.current;
    if (!view) return;
    state.current = { ...state.current, isSticking: true };
    follow(view, true);
    setAway(false);
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    view.scrollTo({ top: view.scrollHeight, behavior: isSmooth && !isCalm ? "smooth" : "auto" });
  }, []);

  return { scroller, content, isAway, jump };
}

/** Says on the scroller whether its end is followed: a browser's scroll anchoring would fight with that. */
function follow(view: HTMLElement | null, isSticking: boolean): void {
  view?.toggleAttribute("data-free", !isSticking);
}
