import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import {
  afterScroll,
  afterWishToLookUp,
  initialStick,
  needsJump,
  type ScrollMetrics,
  type StickState,
} from "./stickToBottom";

const keysUp = new Set(["ArrowUp", "PageUp", "Home"]);

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
    const view = scroller.current;
    if (!view || !content.current) return;
    const onScroll = (): void => {
      const metrics = measure(view);
      update(afterScroll(state.current, metrics, inputs.isRecent()), metrics);
    };
    const lookUp = (): void => {
      const metrics = measure(view);
      update(afterWishToLookUp(state.current, metrics), metrics);
    };
    const onWheel = (event: WheelEvent): void => {
      if (event.deltaY < 0) lookUp();
    };
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof Element && event.target.matches("input, textarea");
      if (keysUp.has(event.key) && !isTyping) lookUp();
    };
    const inputs = watchInputs(view);
    const release = watchFinger(view, lookUp);
    view.addEventListener("scroll", onScroll, { passive: true });
    view.addEventListener("wheel", onWheel, { passive: true });
    view.addEventListener("keydown", onKey);
    const unwatch = watchSize([view, content.current], () => {
      if (state.current.isSticking) view.scrollTop = view.scrollHeight;
      const metrics = measure(view);
      update({ ...state.current, top: metrics.top, height: metrics.height }, metrics);
    });
    return () => {
      release();
      unwatch();
      inputs.unwatch();
      view.removeEventListener("scroll", onScroll);
      view.removeEventListener("wheel", onWheel);
      view.removeEventListener("keydown", onKey);
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

function measure(view: HTMLElement): ScrollMetrics {
  return { top: view.scrollTop, height: view.scrollHeight, viewport: view.clientHeight };
}

/** How long after an input a move may still come from it (smooth scrolling), in milliseconds. */
const inputEcho = 400;

/** Knows whether the reader has just touched the scroller, or holds its scroll bar or a selection. */
function watchInputs(view: HTMLElement): { isRecent: () => boolean; unwatch: () => void } {
  let last = -Infinity;
  let isHeld = false;
  const note = (): void => {
    last = performance.now();
  };
  const hold = (): void => {
    isHeld = true;
  };
  const letGo = (): void => {
    isHeld = false;
    note();
  };
  view.addEventListener("wheel", note, { passive: true });
  view.addEventListener("touchmove", note, { passive: true });
  view.addEventListener("keydown", note);
  view.addEventListener("pointerdown", hold);
  window.addEventListener("pointerup", letGo);
  window.addEventListener("pointercancel", letGo);
  return {
    isRecent: () => isHeld || performance.now() - last < inputEcho,
    unwatch() {
      view.removeEventListener("wheel", note);
      view.removeEventListener("touchmove", note);
      view.removeEventListener("keydown", note);
      view.removeEventListener("pointerdown", hold);
      window.removeEventListener("pointerup", letGo);
      window.removeEventListener("pointercancel", letGo);
    },
  };
}

/** A finger that moves down looks up. */
function watchFinger(view: HTMLElement, lookUp: () => void): () => void {
  let start = 0;
  const onStart = (event: TouchEvent): void => {
    start = event.touches[0]?.clientY ?? 0;
  };
  const onMove = (event: TouchEvent): void => {
    if ((event.touches[0]?.clientY ?? 0) > start + 3) lookUp();
  };
  view.addEventListener("touchstart", onStart, { passive: true });
  view.addEventListener("touchmove", onMove, { passive: true });
  return () => {
    view.removeEventListener("touchstart", onStart);
    view.removeEventListener("touchmove", onMove);
  };
}

function watchSize(elements: readonly Element[], changed: () => void): () => void {
  if (typeof ResizeObserver === "undefined") return () => {};
  const observer = new ResizeObserver(changed);
  for (const element of elements) observer.observe(element);
  return () => observer.disconnect();
}
