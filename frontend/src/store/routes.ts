/** The page's addresses: `/` is a new conversation, `/c/{session_id}` a conversation. */

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

export function pathOf(sessionId: string | null): string {
  return sessionId === null ? "/" : `/c/${encodeURIComponent(sessionId)}`;
}
