import { afterScroll, afterWishToLookUp, type ScrollMetrics, type StickState } from "./stickToBottom";

const keysUp = new Set(["ArrowUp", "PageUp", "Home"]);

/**
 * Says what the reader does with the scroller and what happens to its content, and keeps the end in view while it is
 * followed. The returned function ends that.
 */
export function watchScroller(
  view: HTMLElement,
  content: HTMLElement,
  state: () => StickState,
  update: (next: StickState, metrics: ScrollMetrics) => void,
): () => void {
  const onScroll = (): void => {
    const metrics = measure(view);
    update(afterScroll(state(), metrics, inputs.isRecent()), metrics);
  };
  const lookUp = (): void => {
    const metrics = measure(view);
    update(afterWishToLookUp(state(), metrics), metrics);
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
  const unwatch = watchSize([view, content], () => {
    if (state().isSticking) view.scrollTop = view.scrollHeight;
    const metrics = measure(view);
    update({ ...state(), top: metrics.top, height: metrics.height }, metrics);
  });
  return () => {
    release();
    unwatch();
    inputs.unwatch();
    view.removeEventListener("scroll", onScroll);
    view.removeEventListener("wheel", onWheel);
    view.removeEventListener("keydown", onKey);
  };
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
