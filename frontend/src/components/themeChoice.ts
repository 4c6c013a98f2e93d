export type ThemeChoice = "system" | "light" | "dark";

export const themeKey = "rill.theme";
export const darkQuery = "(prefers-color-scheme: dark)";

/** The choice that was kept. */
export function readTheme(): ThemeChoice {
  try {
    const kept = localStorage.getItem(themeKey);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

/** Puts a theme on the page. */
export function showTheme(choice: ThemeChoice): void {
  const isDark = choice === "dark" || (choice === "system" && window.matchMedia(darkQuery).matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
}
