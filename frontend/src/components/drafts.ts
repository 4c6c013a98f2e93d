const prefix = "rill.draft.";

/** The unsent text of a conversation. It outlives a reload, not the tab. */
export function readDraft(conversationId: string | null): string {
  try {
    return sessionStorage.getItem(prefix + (conversationId ?? "new")) ?? "";
  } catch {
    return "";
  }
}

/** Keeps the unsent text of a conversation; an empty one is forgotten. */
export function writeDraft(conversationId: string | null, text: string): void {
  try {
    const key = prefix + (conversationId ?? "new");
    if (text === "") sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // Storage may be full or switched off: the draft then lives as long as the page.
  }
}
