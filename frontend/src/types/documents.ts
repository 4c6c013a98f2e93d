/** The documents of the knowledge base, as they are on the wire (see docs/api.md). */

export type DocumentStatus = "queued" | "reading" | "embedding" | "ready" | "failed" | "cancelled";

export const DOCUMENT_STATUSES: readonly DocumentStatus[] = [
  "queued",
  "reading",
  "embedding",
  "ready",
  "failed",
  "cancelled",
];

export interface DocumentError {
  code: string;
  /** A sentence for the user. */
  message: string;
  retryable: boolean;
}

/** How far the reading (pages) or the indexing (chunks) of a document has come. */
export interface DocumentProgress {
  done: number;
  total: number | null;
  unit: string;
}

export interface DocumentInfo {
  id: string;
  title: string;
  /** Where it came from: a relative path or an address. */
  source: string;
  /** The source up to its last slash; may be empty. */
  folder: string;
  name: string;
  media_type: string;
  byte_count: number;
  page_count: number | null;
  chunk_count: number;
  embedded_count: number;
  /** RFC 3339. */
  created_at: string;
  updated_at: string;
  status: DocumentStatus;
  progress: DocumentProgress | null;
  error: DocumentError | null;
  has_original: boolean;
}

/** Whether everything can be found by meaning, and why not. */
export interface EmbeddingInfo {
  model: string | null;
  embedded: number;
  total: number;
  state: "ready" | "working" | "off";
  message: string | null;
}

export interface DocumentPage {
  documents: DocumentInfo[];
  next_cursor: string | null;
  total: number;
  embedding: EmbeddingInfo | null;
}

export interface UploadFailure {
  source: string;
  error: Pick<DocumentError, "code" | "message">;
}

/** What became of the files of one request. */
export interface UploadReceipt {
  documents: DocumentInfo[];
  failures: UploadFailure[];
  unchanged: { source: string; document_id: string }[];
}

/** News of the knowledge base. */
export type DocumentNews =
  | { kind: "document"; document: DocumentInfo }
  | { kind: "deleted"; id: string }
  | { kind: "index"; embedding: EmbeddingInfo };

/** A passage of a document: what is found and cited as a whole. Positions are UTF-8 bytes of the extracted text. */
export interface ChunkInfo {
  id: string;
  ordinal: number;
  headings: string[];
  page: number | null;
  start: number;
  end: number;
  text: string;
  embedded: boolean;
}

export interface ChunkPage {
  chunks: ChunkInfo[];
  total: number;
  next: number | null;
}

export type BlockKind = "heading" | "paragraph" | "list_item" | "quote" | "table" | "code" | "other";

export interface ContentBlock {
  kind: BlockKind;
  /** Of a heading, from 1. */
  level: number | null;
  start: number;
  end: number;
  page: number | null;
  text: string;
}

export interface Highlight {
  start: number;
  end: number;
  page: number | null;
}

/** A part of a document's extracted text, cut between blocks. */
export interface ContentPart {
  document: DocumentInfo;
  from: number;
  to: number;
  /** Bytes of the whole text. */
  length: number;
  highlight: Highlight | null;
  blocks: ContentBlock[];
}

/** A rectangle on a page; all four are fractions of the page's width or height. */
export interface PageRectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PageInfo {
  page: number;
  page_count: number;
  width: number;
  height: number;
  highlights: PageRectangle[];
}
