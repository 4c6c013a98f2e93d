import { asArray, asObject, booleanAt, numberAt, oneOf, optional, stringAt } from "./decode";
import type { JSONObject } from "./decode";
import { DOCUMENT_STATUSES } from "./documents";
import type { BlockKind, ChunkInfo, ChunkPage, ContentBlock, ContentPart, DocumentError } from "./documents";
import type { DocumentInfo, DocumentNews, DocumentPage, DocumentProgress, EmbeddingInfo } from "./documents";
import type { Highlight, PageInfo, UploadFailure, UploadReceipt } from "./documents";

/** Each function reads the JSON of one answer and throws `DecodeError` when it is not what the API says. */
export function readDocument(json: unknown): DocumentInfo {
  const document = asObject(json, "a document");
  return {
    id: stringAt(document, "id"),
    title: stringAt(document, "title"),
    source: stringAt(document, "source"),
    folder: optional(document, "folder", stringAt) ?? "",
    name: optional(document, "name", stringAt) ?? stringAt(document, "title"),
    media_type: stringAt(document, "media_type"),
    byte_count: optional(document, "byte_count", numberAt) ?? 0,
    page_count: optional(document, "page_count", numberAt),
    chunk_count: optional(document, "chunk_count", numberAt) ?? 0,
    embedded_count: optional(document, "embedded_count", numberAt) ?? 0,
    created_at: stringAt(document, "created_at"),
    updated_at: optional(document, "updated_at", stringAt) ?? stringAt(document, "created_at"),
    status: oneOf(DOCUMENT_STATUSES)(document, "status"),
    progress: optional(document, "progress", readProgress),
    error: optional(document, "error", readDocumentError),
    has_original: optional(document, "has_original", booleanAt) ?? false,
  };
}

function readProgress(object: JSONObject, key: string): DocumentProgress {
  const progress = asObject(object[key], key);
  return {
    done: numberAt(progress, "done"),
    total: optional(progress, "total", numberAt),
    unit: optional(progress, "unit", stringAt) ?? "",
  };
}

function readDocumentError(object: JSONObject, key: string): DocumentError {
  const error = asObject(object[key], key);
  return {
    code: stringAt(error, "code"),
    message: stringAt(error, "message"),
    retryable: optional(error, "retryable", booleanAt) ?? false,
  };
}

export function readEmbedding(json: unknown): EmbeddingInfo {
  const embedding = asObject(json, "embedding");
  return {
    model: optional(embedding, "model", stringAt),
    embedded: optional(embedding, "embedded", numberAt) ?? 0,
    total: optional(embedding, "total", numberAt) ?? 0,
    state: oneOf(["ready", "working", "off"] as const)(embedding, "state"),
    message: optional(embedding, "message", stringAt),
  };
}

export function readDocumentPage(json: unknown): DocumentPage {
  const page = asObject(json, "the list");
  const documents = asArray(page["documents"], "documents", readDocument);
  return {
    documents,
    next_cursor: optional(page, "next_cursor", stringAt),
    total: optional(page, "total", numberAt) ?? documents.length,
    embedding: optional(page, "embedding", (object, key) => readEmbedding(object[key])),
  };
}

export function readReceipt(json: unknown): UploadReceipt {
  const receipt = asObject(json, "the answer");
  const list = <Item>(key: string, item: (value: unknown) => Item): Item[] =>
    asArray(receipt[key] ?? [], key, item);
  return {
    documents: list("documents", readDocument),
    failures: list("failures", readFailure),
    unchanged: list("unchanged", (entry) => {
      const unchanged = asObject(entry, "an unchanged document");
      return { source: stringAt(unchanged, "source"), document_id: stringAt(unchanged, "document_id") };
    }),
  };
}

function readFailure(json: unknown): UploadFailure {
  const failure = asObject(json, "a failure");
  const error = asObject(failure["error"], "error");
  return {
    source: stringAt(failure, "source"),
    error: { code: stringAt(error, "code"), message: stringAt(error, "message") },
  };
}

/** The data of one frame of `GET /documents/events`; null for a kind of news that this page does not know. */
export function readNews(data: string): DocumentNews | null {
  const news = asObject(JSON.parse(data), "the news");
  const type = stringAt(news, "type");
  if (type === "deleted") {
    return { kind: "deleted", id: stringAt(asObject(news["content"], "content"), "id") };
  }
  if (type === "index") return { kind: "index", embedding: readEmbedding(news["content"]) };
  if (!DOCUMENT_STATUSES.some((status) => status === type)) return null;
  return { kind: "document", document: readDocument(news["content"]) };
}

export function readChunkPage(json: unknown): ChunkPage {
  const page = asObject(json, "the passages");
  const chunks = asArray(page["chunks"], "chunks", readChunk);
  return {
    chunks,
    total: optional(page, "total", numberAt) ?? chunks.length,
    next: optional(page, "next", numberAt),
  };
}

function readChunk(json: unknown): ChunkInfo {
  const chunk = asObject(json, "a passage");
  return {
    id: stringAt(chunk, "id"),
    ordinal: numberAt(chunk, "ordinal"),
    headings: asArray(chunk["headings"] ?? [], "headings", String),
    page: optional(chunk, "page", numberAt),
    start: numberAt(chunk, "start"),
    end: numberAt(chunk, "end"),
    text: stringAt(chunk, "text"),
    embedded: optional(chunk, "embedded", booleanAt) ?? false,
  };
}

const BLOCK_KINDS: readonly BlockKind[] = [
  "heading",
  "paragraph",
  "list_item",
  "quote",
  "table",
  "code",
  "other",
];

export function readContent(json: unknown): ContentPart {
  const content = asObject(json, "the content");
  return {
    document: readDocument(content["document"]),
    from: numberAt(content, "from"),
    to: numberAt(content, "to"),
    length: numberAt(content, "length"),
    highlight: optional(content, "highlight", readHighlight),
    blocks: asArray(content["blocks"], "blocks", readBlock),
  };
}

function readHighlight(object: JSONObject, key: string): Highlight {
  const highlight = asObject(object[key], key);
  return {
    start: numberAt(highlight, "start"),
    end: numberAt(highlight, "end"),
    page: optional(highlight, "page", numberAt),
  };
}

function readBlock(json: unknown): ContentBlock {
  const block = asObject(json, "a block");
  const kind = stringAt(block, "kind");
  return {
    kind: BLOCK_KINDS.find((known) => known === kind) ?? "other",
    level: optional(block, "level", numberAt),
    start: numberAt(block, "start"),
    end: numberAt(block, "end"),
    page: optional(block, "page", numberAt),
    text: stringAt(block, "text"),
  };
}

export function readPageInfo(json: unknown): PageInfo {
  const page = asObject(json, "the page");
  return {
    page: numberAt(page, "page"),
    page_count: numberAt(page, "page_count"),
    width: numberAt(page, "width"),
    height: numberAt(page, "height"),
    highlights: asArray(page["highlights"] ?? [], "highlights", (entry) => {
      const rectangle = asObject(entry, "a highlight");
      const [x, y] = [numberAt(rectangle, "x"), numberAt(rectangle, "y")];
      return { x, y, width: numberAt(rectangle, "width"), height: numberAt(rectangle, "height") };
    }),
  };
}
