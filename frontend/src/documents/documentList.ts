import type { DocumentInfo, DocumentNews } from "../types/documents";
import type { DocumentFilter } from "./documentsAPI";

export const NO_FILTER: DocumentFilter = { query: "", folder: "", status: "" };

/** Whether a document is one of those that are listed. */
export function matches(document: DocumentInfo, { query, folder, status }: DocumentFilter): boolean {
  if (status !== "" && document.status !== status) return false;
  if (folder !== "" && document.folder !== folder && !document.folder.startsWith(`${folder}/`)) return false;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${document.title}\n${document.source}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A list and how many documents there are, the unlisted ones included. */
export interface Listing {
  readonly items: readonly DocumentInfo[];
  readonly total: number;
}

/**
 * The list after some news. A document that is listed stays in its place while it changes; a new one comes first. What
 * no longer fits the filter goes.
 */
export function withNews(before: Listing, news: readonly DocumentNews[], filter: DocumentFilter): Listing {
  const items = new Map(before.items.map((item) => [item.id, item]));
  const fresh = new Map<string, DocumentInfo>();
  let { total } = before;
  for (const one of news) {
    if (one.kind === "deleted") {
      if (items.delete(one.id) || fresh.delete(one.id)) total = Math.max(0, total - 1);
    } else if (one.kind === "document") {
      const { document } = one;
      const known = items.has(document.id) ? items : fresh.has(document.id) ? fresh : null;
      if (!matches(document, filter)) {
        if (known?.delete(document.id)) total = Math.max(0, total - 1);
      } else if (known !== null) known.set(document.id, document);
      else {
        fresh.set(document.id, document);
        total += 1;
      }
    }
  }
  if (fresh.size === 0 && news.every((one) => one.kind === "index")) return before;
  const newest: DocumentInfo[] = [];
  for (const document of fresh.values()) newest.unshift(document);
  return { items: [...newest, ...items.values()], total };
}

/** The folders of some documents and those above them, in order. */
export function foldersOf(items: readonly DocumentInfo[]): string[] {
  const folders = new Set<string>();
  for (const { folder } of items) {
    if (folder === "" || folder.includes("://")) continue;
    const parts = folder.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) folders.add(parts.slice(0, depth).join("/"));
  }
  return [...folders].sort((a, b) => a.localeCompare(b));
}
