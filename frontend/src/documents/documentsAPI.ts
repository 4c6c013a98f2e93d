import type { APIClient } from "../api/client";
import { problemOf } from "../api/problem";
import { ProblemError, UnreachableError } from "../api/errors";
import type { ChunkPage, ContentPart, DocumentInfo, DocumentPage, PageInfo } from "../types/documents";
import type { DocumentStatus, UploadReceipt } from "../types/documents";
import * as read from "../types/parseDocuments";
import { readSearch } from "../types/parseSearch";
import type { SearchAnswer, SearchQuery } from "../types/search";

/** Which documents are listed. Empty fields filter nothing. */
export interface DocumentFilter {
  readonly query: string;
  readonly folder: string;
  readonly status: DocumentStatus | "";
}

/** Where a part of a document's text is to begin, or what it is to show. */
export type ContentAnchor =
  | { readonly chunk: string }
  | { readonly start: number; readonly end: number }
  | { readonly from: number };

/** Sends a form and tells how much of it is sent, which fetch cannot. Rejects with `UnreachableError`. */
export type SendForm = (
  path: string,
  form: FormData,
  options: { headers: Record<string, string>; onProgress: (sent: number) => void; signal: AbortSignal },
) => Promise<Response>;

/** Milliseconds for what may take the server longer than a look into its tables. */
const LONG = 60_000;

/** The part of the server's API that is about documents. Errors are those of `APIClient`. */
export class DocumentsAPI {
  constructor(
    private readonly api: APIClient,
    private readonly sendForm: SendForm,
  ) {}

  list(filter: DocumentFilter, cursor: string | null, limit = 100): Promise<DocumentPage> {
    const { query: q, folder, status } = filter;
    const query = queryOf({ q, folder, status, limit, cursor: cursor ?? "" });
    return this.api.json(`/documents${query}`, read.readDocumentPage, { timeoutMs: 20_000 });
  }

  get(id: string): Promise<DocumentInfo> {
    return this.api.json(pathOf(id), read.readDocument);
  }

  async remove(id: string): Promise<void> {
    await this.api.timed(pathOf(id), { method: "DELETE", timeoutMs: LONG }, async () => undefined);
  }

  /** Ends the reading of a document, or begins it again. */
  act(id: string, action: "cancel" | "retry"): Promise<DocumentInfo> {
    return this.api.json(`${pathOf(id)}/${action}`, read.readDocument, { method: "POST" });
  }

  addAddress(url: string): Promise<UploadReceipt> {
    return this.api.json("/documents", read.readReceipt, { body: { url }, timeoutMs: LONG });
  }

  /** Sends files, each under its (relative) name. */
  async upload(
    files: readonly { readonly name: string; readonly file: File }[],
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<UploadReceipt> {
    const form = new FormData();
    for (const { name, file } of files) form.append("file", file, name);
    const headers = { accept: "application/json", ...this.api.credentials() };
    const response = await this.sendForm("/documents", form, { headers, onProgress, signal });
    if (!response.ok) throw new ProblemError(await problemOf(response));
    try {
      return read.readReceipt(await response.json());
    } catch {
      throw new UnreachableError("The server's answer could not be read. Load the page again.");
    }
  }

  /** The news of all documents, as an event stream. Resolves with the head. */
  events(signal: AbortSignal): Promise<Response> {
    return this.api.request("/documents/events", { headers: { accept: "text/event-stream" }, signal });
  }

  chunks(
    id: string,
    { after, limit = 50, q }: { after?: number; limit?: number; q?: string },
  ): Promise<ChunkPage> {
    const query = queryOf({ after: after ?? "", limit, q: q ?? "" });
    return this.api.json(`${pathOf(id)}/chunks${query}`, read.readChunkPage);
  }

  content(id: string, anchor: ContentAnchor, limit?: number): Promise<ContentPart> {
    const query = queryOf({ ...anchor, limit: limit ?? "" });
    return this.api.json(`${pathOf(id)}/content${query}`, read.readContent);
  }

  page(id: string, page: number, span: { start: number; end: number } | null): Promise<PageInfo> {
    return this.api.json(`${pathOf(id)}/pages/${page}${queryOf(span ?? {})}`, read.readPageInfo, {
      timeoutMs: LONG,
    });
  }

  /** The picture of a page. It is fetched, because the browser's own request would not carry the access token. */
  pageImage(id: string, page: number, width: number): Promise<Blob> {
    const path = `${pathOf(id)}/pages/${page}.png${queryOf({ width })}`;
    const headers = { accept: "image/png" };
    return this.api.timed(path, { headers, timeoutMs: LONG }, (response) => response.blob());
  }

  original(id: string): Promise<Blob> {
    const headers = { accept: "*/*" };
    return this.api.timed(originalPath(id), { headers, timeoutMs: 10 * LONG }, (response) => response.blob());
  }

  search({ q, balance, documents, method, rerank, ...rest }: SearchQuery): Promise<SearchAnswer> {
    const query = queryOf({
      q,
      method: method ?? "",
      rerank: rerank === undefined ? "" : String(rerank),
      ...rest,
      ...(balance === undefined ? {} : weightsOf(balance)),
    });
    const only = (documents ?? []).map((id) => `&document=${encodeURIComponent(id)}`).join("");
    return this.api.json(`/search${query}${only}`, readSearch, { timeoutMs: LONG });
  }
}

export function originalPath(id: string): string {
  return `${pathOf(id)}/original`;
}

/** A balance between words (0) and meaning (1) as the two weights, which add up to 1. */
export function weightsOf(balance: number): { word_weight: number; meaning_weight: number } {
  const share = Math.min(1, Math.max(0, balance));
  return { word_weight: round(1 - share), meaning_weight: round(share) };
}

function round(weight: number): number {
  return Math.round(weight * 100) / 100;
}

function pathOf(id: string): string {
  return `/documents/${encodeURIComponent(id)}`;
}

/** What is empty is left out. */
function queryOf(parameters: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
