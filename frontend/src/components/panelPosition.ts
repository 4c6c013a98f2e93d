import type { CSSProperties } from "react";

const width = 400;
const gap = 8;
const margin = 12;

/**
 * Where the passage goes beside its mark, as custom properties that the style sheet uses on wide screens: below the
 * mark where there is more room, else above it, and always inside the window.
 */
export function panelPosition(anchor: DOMRect, viewWidth: number, viewHeight: number): CSSProperties {
  const centre = anchor.left + anchor.width / 2;
  const left = Math.max(margin, Math.min(centre - width / 2, viewWidth - width - margin));
  const roomBelow = viewHeight - anchor.bottom - gap - margin;
  const roomAbove = anchor.top - gap - margin;
  const isBelow = roomBelow >= Math.min(320, roomAbove);
  return {
    "--panel-left": `${Math.round(left)}px`,
    "--panel-top": isBelow ? `${Math.round(anchor.bottom + gap)}px` : "auto",
    "--panel-bottom": isBelow ? "auto" : `${Math.round(viewHeight - anchor.top + gap)}px`,
    "--panel-height": `${Math.round(Math.max(160, isBelow ? roomBelow : roomAbove))}px`,
    "--panel-origin": `${Math.round(centre - left)}px ${isBelow ? "0%" : "100%"}`,
  } as CSSProperties;
}
