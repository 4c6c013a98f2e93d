import { useState } from "react";
import { useDocumentsState, useDocumentsStore } from "../../hooks/useDocuments";
import { count, formatBytes } from "../../documents/wording";
import type { Upload } from "../../documents/uploads";
import { CheckIcon, RetryIcon, WarningIcon } from "../partIcons";
import { PlaceLink } from "../PlaceLink";
import { ProgressLine } from "./ProgressLine";

/** Files that are listed one by one; of more, those that need attention and those that are under way come first. */
const MOST_SHOWN = 40;

/** What is being sent to the server, file by file, until it is dismissed. */
export function UploadPanel() {
  const store = useDocumentsStore();
  const uploads = useDocumentsState((state) => state.uploads);
  const isWaiting = useDocumentsState((state) => state.uploadsWait);
  const [isOpen, setOpen] = useState(true);
  if (uploads.length === 0) return null;
  const { open, summary, share } = summaryOf(uploads);
  const shown = [...uploads].sort((a, b) => order(a) - order(b)).slice(0, MOST_SHOWN);
  return (
    <section className="uploads" aria-label="Files being added" data-testid="uploads">
      <div className="uploads-head">
        <p className="uploads-summary" role="status">
          {isWaiting && open > 0
            ? `The server cannot be reached. ${summary}, and goes on by itself.`
            : summary}
        </p>
        <button
          type="button"
          className="quiet-button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "Hide files" : "Show files"}
        </button>
        {open > 0 ? (
          <button key="cancel" type="button" className="quiet-button" onClick={store.cancelUploads}>
            Cancel
          </button>
        ) : (
          <button key="dismiss" type="button" className="quiet-button" onClick={store.dismissUploads}>
            Dismiss
          </button>
        )}
      </div>
      {open > 0 && <ProgressLine share={share} />}
      {isOpen && (
        <ul className="upload-list">
          {shown.map((upload) => (
            <UploadRow key={upload.id} upload={upload} onRetry={store.retryUpload} />
          ))}
          {uploads.length > shown.length && (
            <li className="upload more">{`and ${count(uploads.length - shown.length, "more file")}`}</li>
          )}
        </ul>
      )}
    </section>
  );
}

function UploadRow({ upload, onRetry }: { upload: Upload; onRetry: (id: number) => void }) {
  const { id, name, size, status, share, message, isRetryable, documentId } = upload;
  return (
    <li className="upload" data-status={status} data-testid="upload">
      <span className="upload-name" title={name}>
        {name}
      </span>
      <span className="upload-state">
        {status === "waiting" && "Waiting"}
        {status === "sending" && `${Math.round(share * 100)} % of ${formatBytes(size)}`}
        {status === "taken" && (
          <>
            <CheckIcon />
            Sent
          </>
        )}
        {status === "unchanged" && documentId !== null && (
          <PlaceLink address={`/documents/${documentId}`} className="upload-link">
            Already here
          </PlaceLink>
        )}
        {status === "failed" && <WarningIcon />}
        {status === "failed" && isRetryable && (
          <button type="button" className="quiet-button" onClick={() => onRetry(id)}>
            <RetryIcon />
            Retry
          </button>
        )}
      </span>
      {message && <p className="upload-message">{message}</p>}
    </li>
  );
}

/** Failures first, then what is under way, then what waits, then what is done. */
function order({ status }: Upload): number {
  return { failed: 0, sending: 1, waiting: 2, unchanged: 3, taken: 4 }[status];
}

/** The uploads in one sentence. `open` are those that are not over, `share` how much of all is sent. */
export function summaryOf(uploads: readonly Upload[]): { open: number; summary: string; share: number } {
  const of = (status: Upload["status"]): number => uploads.filter((each) => each.status === status).length;
  const open = of("waiting") + of("sending");
  const bytes = uploads.reduce((sum, { size }) => sum + Math.max(1, size), 0);
  const sent = uploads.reduce((sum, each) => {
    const isOver = each.status !== "waiting" && each.status !== "sending";
    return sum + (isOver ? 1 : each.share) * Math.max(1, each.size);
  }, 0);
  if (open > 0) {
    const summary = `Sending ${(uploads.length - open + 1).toLocaleString("en")} of ${count(uploads.length, "file")}`;
    return { open, summary, share: sent / bytes };
  }
  const parts = [
    of("taken") > 0 ? `${count(of("taken"), "file")} sent` : "",
    of("unchanged") > 0 ? `${of("unchanged").toLocaleString("en")} already here` : "",
    of("failed") > 0 ? `${of("failed").toLocaleString("en")} could not be added` : "",
  ];
  return { open, summary: parts.filter(Boolean).join(", "), share: 1 };
}
