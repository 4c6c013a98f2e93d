/** What the scroller measures, in CSS pixels. */
export interface ScrollMetrics {
  readonly top: number;
  readonly height: number;
  readonly viewport: number;
}

export interface StickState {
  /** Whether new text is followed. */
  readonly isSticking: boolean;
  readonly top: number;
  readonly height: number;
}

export const initialStick: StickState = { isSticking: true, top: 0, height: 0 };

/** Nearer to the end than this is at the end. */
const nearEnd = 24;

/** How far the end of the conversation is below the view. */
export function distanceToEnd({ top, height, viewport }: ScrollMetrics): number {
  return Math.max(0, height - viewport - top);
}

/**
 * The state after the scroller has moved. Moving up releases at once, by however little, and being at the end sticks
 * again. The browser also moves the view by itself when content shrinks: a move up without any input, in a frame in
 * which the content's height has changed, is no wish of the reader's.
 */
export function afterScroll(state: StickState, metrics: ScrollMetrics, hasInput: boolean): StickState {
  const { top, height } = metrics;
  const isAtEnd = distanceToEnd(metrics) <= nearEnd;
  const movedUp = top < state.top - 0.5 && (hasInput || height === state.height);
  const isSticking = movedUp ? distanceToEnd(metrics) < 1 : state.isSticking || isAtEnd;
  return { isSticking, top, height };
}

/** The state after a wish to look further up (wheel, key, finger), which comes before the scroller moves. */
export function afterWishToLookUp(state: StickState, metrics: ScrollMetrics): StickState {
  const canMove = metrics.height > metrics.viewport;
  return canMove ? { ...state, isSticking: false } : state;
}

/** Whether the button that leads back is needed. */
export function needsJump(state: StickState, metrics: ScrollMetrics): boolean {
  return !state.isSticking && distanceToEnd(metrics) > nearEnd;
}
