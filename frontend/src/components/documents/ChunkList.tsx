import { useCallback, useEffect, useState } from "react";
import { sentenceFor } from "../../api/errors";
import type { DocumentsAPI } from "../../documents/documentsAPI";
import { count } from "../../documents/wording";
import type { ChunkInfo } from "../../types/documents";

interface ChunkListProps {
  readonly api: DocumentsAPI;
  readonly id: string;
  /** Only passages that contain these words; all when empty. */
  readonly words: string;
  readonly onShow: (chunk: ChunkInfo) => void;
}

interface Found {
  readonly key: string;
  readonly chunks: readonly ChunkInfo[];
  readonly total: number;
  readonly next: number | null;
  readonly problem: string | null;
}

const NOTHING: Found = { key: "", chunks: [], total: 0, next: null, problem: null };

/** The passages that a document was cut into: what is found and cited as a whole, and where each stands. */
export function ChunkList({ api, id, words, onShow }: ChunkListProps) {
  const key = `${id} ${words}`;
  const [found, setFound] = useState(NOTHING);
  const load = useCallback(
    async (after: number | null): Promise<void> => {
      const page = await api.chunks(id, { q: words, ...(after === null ? {} : { after }) });
      setFound((before) => {
        const known = after === null || before.key !== key ? [] : before.chunks;
        const { total, next } = page;
        return { key, chunks: [...known, ...page.chunks], total, next, problem: null };
      });
    },
    [api, id, words, key],
  );
  const ask = useCallback(
    (after: number | null): void => {
      load(after).catch((error: unknown) =>
        setFound((before) => ({ ...before, key, problem: sentenceFor(error) })),
      );
    },
    [load, key],
  );
  useEffect(() => ask(null), [ask]);
  const isReady = found.key === key;
  return (
    <div className="document-scroller" tabIndex={0} role="region" aria-label="Passages">
      <div className="document-content">
        <p className="chunk-count" role="status">
          {isReady ? headline(found.total, words) : "Loading…"}
        </p>
        {found.problem && (
          <p className="reader-problem" role="alert">
            {found.problem}
          </p>
        )}
        <ol className="chunk-list">
          {found.chunks.map((chunk) => (
            <li key={chunk.id} className="chunk" data-testid="chunk">
              <div className="chunk-head">
                <span className="chunk-number">{chunk.ordinal + 1}</span>
                <span className="chunk-place">{placeOf(chunk)}</span>
                <button type="button" className="quiet-button" onClick={() => onShow(chunk)}>
                  Show in the text
                </button>
              </div>
              <p className="chunk-text">{marked(chunk.text, words)}</p>
              <p className="chunk-facts">
                <span className="fact">{`bytes ${range(chunk)}`}</span>
                <span className="fact">
                  {chunk.embedded ? "found by words and meaning" : "found by words"}
                </span>
              </p>
            </li>
          ))}
        </ol>
        {isReady && found.next !== null && (
          <div className="list-end">
            <button type="button" className="button plain" onClick={() => ask(found.next)}>
              Show more
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

function headline(total: number, words: string): string {
  if (words === "") return total === 0 ? "There are no passages yet." : count(total, "passage");
  return total === 0 ? `No passage contains “${words}”.` : `${count(total, "passage")} with “${words}”`;
}

function placeOf({ headings, page }: ChunkInfo): string {
  const parts = [...headings, ...(page === null ? [] : [`page ${page}`])];
  return parts.join(" › ") || "Beginning";
}

function range({ start, end }: ChunkInfo): string {
  return `${start.toLocaleString("en")}–${end.toLocaleString("en")}`;
}

/** The text with the words that were searched for marked in it. */
export function marked(text: string, words: string) {
  const wanted = words.split(/\s+/).filter(Boolean).map(escaped);
  if (wanted.length === 0) return text;
  const parts = text.split(new RegExp(`(${wanted.join("|")})`, "giu"));
  return parts.map((part, index) => (index % 2 === 1 ? <mark key={index}>{part}</mark> : part));
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
