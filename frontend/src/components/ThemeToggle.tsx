import { MoonIcon, SunIcon, SystemIcon } from "./partIcons";
import { chooseTheme, useThemeChoice } from "./theme";
import type { ThemeChoice } from "./themeChoice";

const order: readonly ThemeChoice[] = ["system", "light", "dark"];
const names: Readonly<Record<ThemeChoice, string>> = {
  system: "as the system",
  light: "light",
  dark: "dark",
};

/** Goes through the themes: as the system, light, dark. */
export function ThemeToggle() {
  const choice = useThemeChoice();
  const next = order[(order.indexOf(choice) + 1) % order.length] ?? "system";
  const label = `Theme: ${names[choice]}. Change to ${names[next]}`;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => chooseTheme(next)}
    >
      {choice === "system" ? <SystemIcon /> : choice === "light" ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}
