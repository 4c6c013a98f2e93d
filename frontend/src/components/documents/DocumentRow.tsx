import { memo } from "react";
import type { DocumentInfo } from "../../types/documents";
import { factsOf, isUnfinished, kindOf, progressShare, statusSentence } from "../../documents/wording";
import { CloseIcon, RetryIcon, TrashIcon } from "../partIcons";
import { PlaceLink } from "../PlaceLink";
import { FolderIcon } from "./documentIcons";
import { ProgressLine } from "./ProgressLine";

interface DocumentRowProps {
  readonly document: DocumentInfo;
  /** The day that it is, so that times are drawn again when it changes. */
  readonly today: string;
  readonly onAct: (id: string, action: "cancel" | "retry") => void;
  readonly onDelete: (document: DocumentInfo) => void;
  readonly onFolder: (folder: string) => void;
}

/** A document of the list: what it is, how far it is, and what can be done with it. */
export const DocumentRow = memo(function DocumentRow(props: DocumentRowProps) {
  const { document, today, onAct, onDelete, onFolder } = props;
  const { id, title, source, folder, status, error } = document;
  const canRetry = status === "cancelled" || (status === "failed" && (error?.retryable ?? true));
  return (
    <li className="document" data-status={status} data-testid="document">
      <span className="kind" aria-hidden="true">
        {kindOf(document)}
      </span>
      <div className="document-text">
        <PlaceLink address={`/documents/${id}`} className="document-title" title={source}>
          {title}
        </PlaceLink>
        <p className="document-facts">
          {folder !== "" && !folder.includes("://") ? (
            <button
              type="button"
              className="folder-button"
              title={`Show the folder ${folder}`}
              onClick={() => onFolder(folder)}
            >
              <FolderIcon />
              <span>{folder}</span>
            </button>
          ) : (
            source !== title && <span className="document-source">{source}</span>
          )}
          {factsOf(document, new Date(today)).map((fact) => (
            <span key={fact} className="fact">
              {fact}
            </span>
          ))}
        </p>
        {isUnfinished(document) && <Progress document={document} />}
        {status === "cancelled" && <p className="document-state">Reading was cancelled.</p>}
        {status === "failed" && (
          <p className="document-error" data-code={error?.code}>
            {error?.message ?? "The document could not be read."}
          </p>
        )}
      </div>
      <div className="document-actions">
        {isUnfinished(document) && status !== "embedding" && (
          <RowButton name="Cancel" of={title} onClick={() => onAct(id, "cancel")}>
            <CloseIcon />
          </RowButton>
        )}
        {canRetry && (
          <button
            type="button"
            className="button row-retry"
            aria-label={`Retry ${title}`}
            onClick={() => onAct(id, "retry")}
          >
            <RetryIcon />
            Retry
          </button>
        )}
        <RowButton name="Delete" of={title} onClick={() => onDelete(document)}>
          <TrashIcon />
        </RowButton>
      </div>
    </li>
  );
});

function Progress({ document }: { document: DocumentInfo }) {
  return (
    <div className="document-progress">
      <ProgressLine share={progressShare(document)} isIdle={document.status === "queued"} />
      <span className="document-state">{statusSentence(document)}</span>
    </div>
  );
}

interface RowButtonProps {
  readonly name: string;
  readonly of: string;
  readonly onClick: () => void;
  readonly children: React.ReactNode;
}

function RowButton({ name, of, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={`${name} ${of}`}
      title={name}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
