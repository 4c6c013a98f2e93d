import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";

const storageKey = "rill.theme";
const darkQuery = "(prefers-color-scheme: dark)";
const listeners = new Set<() => void>();
let choice: ThemeChoice = "system";

/** Puts the kept theme on the page and follows the system from then on. Called before anything is drawn. */
export function startTheme(): void {
  choice = readChoice();
  apply();
  window.matchMedia(darkQuery).addEventListener("change", apply);
}

/** Keeps the choice and shows it. */
export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === "system") localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, next);
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

function readChoice(): ThemeChoice {
  try {
    const kept = localStorage.getItem(storageKey);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

function apply(): void {
  const isDark = choice === "dark" || (choice === "system" && window.matchMedia(darkQuery).matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  const background = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    if (background) meta.setAttribute("content", background);
  }
}
