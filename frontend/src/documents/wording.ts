import type { DocumentInfo, DocumentStatus, EmbeddingInfo } from "../types/documents";

/** "812 B", "1.4 kB", "23 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** "1 page", "1,204 pages". */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The day of a time on this machine's calendar: "14:05" today, "3 Nov", "3 Nov 2024". */
export function formatDay(time: string, now: Date): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  if (date.toDateString() === now.toDateString()) {
    return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  }
  const isThisYear = date.getFullYear() === now.getFullYear();
  const day = { day: "numeric", month: "short" } as const;
  return date.toLocaleDateString("en-GB", isThisYear ? day : { ...day, year: "numeric" });
}

export const STATUS_WORDS: Readonly<Record<DocumentStatus, string>> = {
  queued: "Waiting",
  reading: "Reading",
  embedding: "Indexing",
  ready: "Ready",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Whether something is still being done with a document. */
export function isUnfinished({ status }: DocumentInfo): boolean {
  return status === "queued" || status === "reading" || status === "embedding";
}

/** What is being done with a document and how far that is: "Reading page 3 of 12". */
export function statusSentence(document: DocumentInfo): string {
  const { status, progress } = document;
  const word = STATUS_WORDS[status];
  if (status === "queued") return "Waiting to be read";
  if (status === "reading") {
    if (progress === null || progress.total === null || progress.total === 0) return `${word}…`;
    const unit = progress.unit === "pages" ? "page " : "";
    return `${word} ${unit}${progress.done.toLocaleString("en")} of ${progress.total.toLocaleString("en")}`;
  }
  if (status === "embedding") {
    const done = progress?.done ?? document.embedded_count;
    const total = progress?.total ?? document.chunk_count;
    return `${word} ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  }
  return word;
}

/** 0…1; null when it is not known how much there is to do. */
export function progressShare(document: DocumentInfo): number | null {
  const { status, progress } = document;
  if (status === "embedding") {
    const total = progress?.total ?? document.chunk_count;
    return total > 0 ? Math.min(1, (progress?.done ?? document.embedded_count) / total) : null;
  }
  if (status !== "reading" || progress === null || !progress.total) return null;
  return Math.min(1, progress.done / progress.total);
}

/** The quiet facts of a document. */
export function factsOf(document: DocumentInfo, now: Date): string[] {
  const facts = [formatBytes(document.byte_count)];
  if (document.page_count !== null) facts.push(count(document.page_count, "page"));
  if (document.chunk_count > 0) facts.push(count(document.chunk_count, "passage"));
  const day = formatDay(document.updated_at, now);
  if (day !== "") facts.push(day);
  return facts;
}

/** A short word for the kind of file, as it stands on its sign: "PDF", "MD". */
export function kindOf({ media_type, name }: DocumentInfo): string {
  const extension = /\.([a-z0-9]{1,4})$/i.exec(name)?.[1];
  const known: Record<string, string> = {
    "application/pdf": "PDF",
    "text/html": "HTML",
    "text/markdown": "MD",
    "application/epub+zip": "EPUB",
    "text/csv": "CSV",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
  };
  return known[media_type] ?? extension?.toUpperCase() ?? "TXT";
}

/** The state of the index in one sentence, and whether it is something to do about. */
export function indexSentence(embedding: EmbeddingInfo): string {
  const { state, embedded, total, message } = embedding;
  if (state === "off") {
    return "Words only: there is no embedding model, so nothing is found by its meaning.";
  }
  if (state === "working") {
    const progress = `${embedded.toLocaleString("en")} of ${count(total, "passage")} can be found by meaning so far.`;
    return message === null ? progress : `${progress} ${message}`;
  }
  if (total === 0) return message ?? "Documents are found by words and by meaning.";
  return message ?? `All ${count(total, "passage")} can be found by words and by meaning.`;
}
