import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { ContentState } from "../../documents/contentWindow";
import type { ContentAnchor } from "../../documents/documentsAPI";
import { useChatState, useChatStore } from "../../hooks/storeContext";
import type { Source } from "../../types/streaming";
import { OpenIcon } from "../documents/documentIcons";
import { PlaceLink } from "../PlaceLink";
import { ContentBlocks } from "./ContentBlocks";
import { PageView } from "./PageView";
import { useContent, useGrowingText } from "./useContent";

interface PassageReaderProps {
  readonly source: Source;
  /** The passage as the answer was given it: shown until the document is here, and when it is gone. */
  readonly fallback: ReactNode;
  /** The document is opened on a page of its own: whatever the reader stands in can close. */
  readonly onLeave: () => void;
}

/** A cited document at its passage, which is marked: its text, and for a PDF the page itself. */
export function PassageReader(props: PassageReaderProps) {
  const { source, fallback } = props;
  const isKnownRemoved = useChatState(({ removedDocuments }) => removedDocuments.has(source.document_id));
  if (source.removed !== true && !isKnownRemoved) return <LivePassage {...props} />;
  return (
    <>
      <Notice text={REMOVED} />
      {fallback}
    </>
  );
}

function Notice({ text }: { text: string }) {
  return (
    <p className="reader-notice" role="status" data-testid="passage-notice">
      {text}
    </p>
  );
}

function LivePassage({ source, fallback, onLeave }: PassageReaderProps) {
  const store = useChatStore();
  const { document_id: id, chunk_id, start, end } = source;
  const anchor = useMemo<ContentAnchor>(
    () => (start === undefined || end === undefined ? { chunk: chunk_id } : { start, end }),
    [chunk_id, start, end],
  );
  const content = useContent(id, anchor);
  const { state, api } = content;
  const scroller = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<"page" | "text" | null>(null);
  const [turned, setTurned] = useState<{ of: string; page: number } | null>(null);
  const { document, highlight, blocks } = state;
  const page = source.page ?? highlight?.page ?? null;
  const hasPages = document?.media_type === "application/pdf" && document.has_original && page !== null;
  const view = hasPages ? (shown ?? "page") : "text";
  useGrowingText(scroller, content, view === "text" && state.status === "ready");
  useEffect(() => {
    if (state.gone === "document") store.documentRemoved(id);
  }, [store, state.gone, id]);

  if (state.status === "failed") {
    return (
      <>
        <Notice text={noticeOf(state)} />
        {fallback}
      </>
    );
  }
  if (state.status === "loading" || document === null) return <>{fallback}</>;

  const span = highlight ?? (start === undefined || end === undefined ? null : { start, end });
  return (
    <>
      {hasPages && (
        <div className="reader-modes" role="group" aria-label="Show the document as">
          <ModeButton isOn={view === "page"} onClick={() => setShown("page")}>
            Page
          </ModeButton>
          <ModeButton isOn={view === "text"} onClick={() => setShown("text")}>
            Text
          </ModeButton>
        </div>
      )}
      {view === "page" ? (
        <PageView
          api={api}
          id={id}
          title={document.title}
          page={turned?.of === chunk_id ? turned.page : (page ?? 1)}
          pageCount={document.page_count ?? page ?? 1}
          span={span}
          onShow={(next) => setTurned({ of: chunk_id, page: next })}
        />
      ) : (
        <div ref={scroller} className="reader-text" tabIndex={0} role="group" aria-label="Passage">
          <ContentBlocks blocks={blocks} span={span} isMarkdown={isMarkdown(document.media_type)} />
        </div>
      )}
      <PlaceLink address={documentAddress(id, span)} className="open-document" onLeave={onLeave}>
        <OpenIcon />
        Open document
      </PlaceLink>
    </>
  );
}

const REMOVED = "This document has been removed. This is the passage that the answer was given.";
const CHANGED = "The document has changed and no longer has this passage. This is what the answer was given.";

function noticeOf({ gone, error }: ContentState): string {
  if (gone === "document") return REMOVED;
  return gone === "passage" ? CHANGED : `${error} This is what the answer was given.`;
}

function ModeButton({
  isOn,
  onClick,
  children,
}: {
  isOn: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button type="button" className="mode-button" aria-pressed={isOn} onClick={onClick}>
      {children}
    </button>
  );
}

export function isMarkdown(mediaType: string): boolean {
  return mediaType === "text/markdown" || mediaType === "text/x-markdown";
}

/** The address of a document's own page, at a span of it. */
export function documentAddress(id: string, span: { start: number; end: number } | null): string {
  const path = `/documents/${encodeURIComponent(id)}`;
  return span === null ? path : `${path}?start=${span.start}&end=${span.end}`;
}
