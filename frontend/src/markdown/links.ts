import { decodeEntities } from "./entities";

const allowedSchemes = new Set(["http:", "https:", "mailto:"]);

/**
 * The address that a link in an answer may point to, or `null` when it may not be a link. Only absolute http, https
 * and mailto addresses pass: a model's text must never run script or reach into this page's own paths.
 */
export function safeHref(href: string): string | null {
  const decoded = decodeEntities(href).trim();
  try {
    const url = new URL(decoded);
    return allowedSchemes.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
