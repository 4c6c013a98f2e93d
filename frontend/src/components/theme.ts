import { useSyncExternalStore } from "react";

import { darkQuery, readTheme, showTheme, themeKey, type ThemeChoice } from "./themeChoice";

const listeners = new Set<() => void>();
let choice: ThemeChoice = "system";

/** Follows the system from now on. `boot.ts` has put the kept theme on the page before anything was painted. */
export function startTheme(): void {
  choice = readTheme();
  apply();
  window.matchMedia(darkQuery).addEventListener("change", apply);
}

/** Keeps the choice and shows it. */
export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === "system") localStorage.removeItem(themeKey);
    else localStorage.setItem(themeKey, next);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
  apply();
  for (const listener of listeners) listener();
}

/** The user's choice. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function apply(): void {
  showTheme(choice);
  const background = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    if (background) meta.setAttribute("content", background);
  }
}
