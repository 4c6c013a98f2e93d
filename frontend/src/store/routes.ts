/**
 * The page's addresses: `/` is a new conversation, `/c/{session_id}` a conversation, `/documents` the documents,
 * `/documents/{id}` one of them, `/search` the search and its reasons.
 */

/** The session that a path names; null for `/` and for any path that names none. */
export function sessionIdOf(path: string): string | null {
  const match = /^\/c\/([^/]+)\/?$/.exec(path);
  if (match?.[1] === undefined) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

/** Whether a path names a page beside the conversations. */
export function isPlace(path: string): boolean {
  return /^\/(documents(\/[^/]+)?|search)\/?$/.test(path);
}

export function pathOf(sessionId: string | null): string {
  return sessionId === null ? "/" : `/c/${encodeURIComponent(sessionId)}`;
}
