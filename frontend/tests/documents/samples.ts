import type { DocumentInfo, DocumentStatus } from "../../src/types/documents";

/** A document as the server sends it. */
export function document(id: string, part: Partial<DocumentInfo> = {}): DocumentInfo {
  return {
    id,
    title: `Title ${id}`,
    source: `notes/${id}.md`,
    folder: "notes",
    name: `${id}.md`,
    media_type: "text/markdown",
    byte_count: 1400,
    page_count: null,
    chunk_count: 3,
    embedded_count: 3,
    created_at: "2026-01-02T03:04:05.678Z",
    updated_at: "2026-01-02T03:04:05.678Z",
    status: "ready",
    progress: null,
    error: null,
    has_original: true,
    ...part,
  };
}

export const embedding = { model: "minilm", embedded: 9, total: 9, state: "ready", message: null } as const;

export function page(documents: readonly DocumentInfo[], next_cursor: string | null = null, total?: number) {
  return { documents, next_cursor, total: total ?? documents.length, embedding };
}

export function news(type: DocumentStatus | "deleted" | "index", content: unknown): string {
  return `data: ${JSON.stringify({ type, content, timestamp: "2026-01-02T03:04:05.678Z" })}\n\n`;
}
