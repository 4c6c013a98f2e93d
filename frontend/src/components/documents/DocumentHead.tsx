import type { ReactNode } from "react";
import { originalPath } from "../../documents/documentsAPI";
import { useDocumentsStore } from "../../hooks/useDocuments";
import { useNow } from "../../hooks/useNow";
import { useChatStore } from "../../hooks/storeContext";
import { factsOf, isUnfinished, progressShare, statusSentence } from "../../documents/wording";
import type { DocumentInfo } from "../../types/documents";
import { RetryIcon, TrashIcon } from "../partIcons";
import { PlaceLink } from "../PlaceLink";
import { BackIcon, OpenIcon } from "./documentIcons";
import { ProgressLine } from "./ProgressLine";

/** What of a document is shown. */
export type Mode = "text" | "pages" | "passages";

interface DocumentHeadProps {
  readonly document: DocumentInfo;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
  readonly onDelete: () => void;
  readonly onRetry: () => void;
  /** The search inside. */
  readonly children: ReactNode;
}

/** What a document is, and what can be done with it. */
export function DocumentHead({ document, mode, onMode, onDelete, onRetry, children }: DocumentHeadProps) {
  const { title, source, media_type, has_original, page_count, error, status } = document;
  const now = useNow(true, 60_000);
  const modes: [Mode, string][] = [["text", "Text"]];
  if (media_type === "application/pdf" && has_original && page_count !== null) modes.push(["pages", "Pages"]);
  modes.push(["passages", "Passages"]);
  return (
    <header className="document-head">
      <PlaceLink address="/documents" className="back-link">
        <BackIcon />
        All documents
      </PlaceLink>
      <div className="document-name">
        <h2>{title}</h2>
        <p className="document-facts">
          {source !== title && <span className="document-source">{source}</span>}
          {factsOf(document, new Date(now)).map((fact) => (
            <span key={fact} className="fact">
              {fact}
            </span>
          ))}
        </p>
      </div>
      {isUnfinished(document) && (
        <div className="document-progress">
          <ProgressLine share={progressShare(document)} isIdle={status === "queued"} />
          <span className="document-state">{statusSentence(document)}</span>
        </div>
      )}
      {(status === "failed" || status === "cancelled") && (
        <div className="document-failure">
          <p className="document-error">{error?.message ?? "Reading was cancelled."}</p>
          {(error?.retryable ?? true) && (
            <button type="button" className="button" onClick={onRetry}>
              <RetryIcon />
              Retry
            </button>
          )}
        </div>
      )}
      <div className="document-tools">
        <div className="reader-modes" role="group" aria-label="Show the document as">
          {modes.map(([each, name]) => (
            <button
              key={each}
              type="button"
              className="mode-button"
              aria-pressed={mode === each}
              onClick={() => onMode(each)}
            >
              {name}
            </button>
          ))}
        </div>
        {children}
        <span className="document-tool-buttons">
          {has_original && <OriginalLink document={document} />}
          <button
            type="button"
            className="icon-button"
            aria-label="Delete document"
            title="Delete"
            onClick={onDelete}
          >
            <TrashIcon />
          </button>
        </span>
      </div>
    </header>
  );
}

/** The file itself. A link cannot carry the access token: with one the file is fetched and then given to the browser. */
function OriginalLink({ document }: { document: DocumentInfo }) {
  const chat = useChatStore();
  const { api } = useDocumentsStore();
  const { id, name } = document;
  const needsToken = "authorization" in chat.services.api.credentials();
  return (
    <a
      className="icon-button"
      href={originalPath(id)}
      target="_blank"
      rel="noopener"
      aria-label="Open the original file"
      title="Open the original file"
      onClick={(event) => {
        if (!needsToken) return;
        event.preventDefault();
        void api.original(id).then(
          (blob) => save(blob, name),
          () => undefined,
        );
      }}
    >
      <OpenIcon />
    </a>
  );
}

function save(blob: Blob, name: string): void {
  const link = window.document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
