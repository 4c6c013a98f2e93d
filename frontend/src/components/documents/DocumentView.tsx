import { useEffect, useMemo, useRef, useState } from "react";
import type { ContentAnchor } from "../../documents/documentsAPI";
import { useDocumentsState, useDocumentsStore, useWatchedDocuments } from "../../hooks/useDocuments";
import { useChatState, useChatStore } from "../../hooks/storeContext";
import { isUnfinished } from "../../documents/wording";
import { ContentBlocks } from "../reader/ContentBlocks";
import { PageView } from "../reader/PageView";
import { isMarkdown } from "../reader/PassageReader";
import { useContent, useGrowingText } from "../reader/useContent";
import { PlaceLink } from "../PlaceLink";
import { DeleteDialog } from "./DocumentsPage";
import { ChunkList } from "./ChunkList";
import { DocumentHead, type Mode } from "./DocumentHead";
import { InsideSearch } from "./InsideSearch";

/** A document: its text with its structure, its pages where it has them, and the passages that it was cut into. */
export function DocumentView({ id, query }: { id: string; query: string }) {
  useWatchedDocuments();
  const chat = useChatStore();
  const store = useDocumentsStore();
  const [anchor, setAnchor] = useAnchor(query);
  const content = useContent(id, anchor);
  const { state, api } = content;
  const [mode, setMode] = useState<Mode>("text");
  const [page, setPage] = useState<number | null>(null);
  const [words, setWords] = useState("");
  const [isCondemned, setCondemned] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  useGrowingText(scroller, content, mode === "text" && words.trim() === "");
  const isRemoved = useChatState(({ removedDocuments }) => removedDocuments.has(id));
  const listed = useDocumentsState(({ items }) => items.find((item) => item.id === id) ?? null);
  const document = listed ?? state.document;
  useReloadWhenRead(listed?.updated_at ?? null, listed !== null && !isUnfinished(listed), () => {
    void content.window.open(anchor);
  });
  useEffect(() => {
    if (document) window.document.title = `${document.title} · Rill`;
  }, [document]);
  if (isRemoved || state.gone === "document") return <Gone text="This document has been removed." />;
  const show = (next: ContentAnchor): void => {
    setAnchor(next);
    setMode("text");
    setWords("");
  };
  const { highlight } = state;
  const firstPage = page ?? highlight?.page ?? 1;
  return (
    <div className="document-view">
      {document && (
        <DocumentHead
          document={document}
          mode={mode}
          onMode={setMode}
          onDelete={() => setCondemned(true)}
          onRetry={() => void store.act(id, "retry")}
        >
          <InsideSearch value={words} onChange={setWords} />
        </DocumentHead>
      )}
      {words.trim() !== "" ? (
        <ChunkList api={api} id={id} words={words.trim()} onShow={(chunk) => show({ chunk: chunk.id })} />
      ) : mode === "passages" ? (
        <ChunkList api={api} id={id} words="" onShow={(chunk) => show({ chunk: chunk.id })} />
      ) : mode === "pages" && document ? (
        <PageView
          api={api}
          id={id}
          title={document.title}
          page={firstPage}
          pageCount={document.page_count ?? 1}
          span={highlight}
          onShow={setPage}
        />
      ) : (
        <div ref={scroller} className="document-scroller" tabIndex={0} role="region" aria-label="Text">
          <div className="document-content">
            {state.gone === "passage" && (
              <p className="reader-notice" role="status">
                The document has changed and no longer has this passage.
              </p>
            )}
            {state.status === "failed" && state.gone === null && !(document && isUnfinished(document)) && (
              <div className="place-problem" role="alert">
                <p>{state.error}</p>
                <button type="button" className="button" onClick={() => void content.window.open(anchor)}>
                  Load again
                </button>
              </div>
            )}
            {state.status === "loading" && <p className="place-waiting" role="status" />}
            <ContentBlocks
              blocks={state.blocks}
              span={highlight}
              isMarkdown={document !== null && isMarkdown(document.media_type)}
            />
            {state.to < state.length && <p className="more-below">…</p>}
          </div>
        </div>
      )}
      {isCondemned && document && (
        <DeleteDialog
          document={document}
          onClose={() => setCondemned(false)}
          onConfirm={() => {
            void store.remove(id).then((problem) => {
              if (problem === null) chat.go("/documents", "replace");
            });
          }}
        />
      )}
    </div>
  );
}

function Gone({ text }: { text: string }) {
  return (
    <div className="place-problem gone" role="alert">
      <p>{text}</p>
      <PlaceLink address="/documents" className="button">
        Show all documents
      </PlaceLink>
    </div>
  );
}

/** Where the text is opened: what the address says, until something else is chosen on the page. */
function useAnchor(query: string): [ContentAnchor, (anchor: ContentAnchor) => void] {
  const [chosen, setChosen] = useState<{ query: string; anchor: ContentAnchor } | null>(null);
  const named = useMemo(() => anchorOf(query), [query]);
  const anchor = chosen?.query === query ? chosen.anchor : named;
  return [anchor, (next) => setChosen({ query, anchor: next })];
}

/** What `?start=…&end=…` or `?chunk=…` names; the beginning when it names nothing. */
export function anchorOf(query: string): ContentAnchor {
  const parameters = new URLSearchParams(query);
  const chunk = parameters.get("chunk");
  if (chunk) return { chunk };
  const [start, end] = [parameters.get("start"), parameters.get("end")].map((text) =>
    text !== null && /^\d+$/.test(text) ? Number(text) : null,
  );
  if (typeof start === "number" && typeof end === "number" && end > start) return { start, end };
  return { from: 0 };
}

/** Shows the new content once a changed document has been read. */
function useReloadWhenRead(updatedAt: string | null, isRead: boolean, reload: () => void): void {
  const seen = useRef<string | null>(null);
  const latest = useRef(reload);
  useEffect(() => {
    latest.current = reload;
  });
  useEffect(() => {
    if (updatedAt === null || !isRead) return;
    if (seen.current !== null && seen.current !== updatedAt) latest.current();
    seen.current = updatedAt;
  }, [updatedAt, isRead]);
}
