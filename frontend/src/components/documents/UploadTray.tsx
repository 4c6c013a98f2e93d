import { useDocumentsState, useDocumentsStore, useWatchedDocuments } from "../../hooks/useDocuments";
import { isUnfinished, count } from "../../documents/wording";
import { CloseIcon } from "../partIcons";
import { PlaceLink } from "../PlaceLink";
import { ProgressLine } from "./ProgressLine";
import { summaryOf } from "./UploadPanel";

/** What was dropped on the conversation, in its corner: how far it is, and the way to the documents. */
export function UploadTray() {
  const store = useDocumentsStore();
  const uploads = useDocumentsState((state) => state.uploads);
  const reading = useDocumentsState((state) => state.items.filter(isUnfinished).length);
  const notice = useDocumentsState((state) => state.notice);
  useWatchedDocuments(uploads.length > 0);
  if (uploads.length === 0 && notice === null) return null;
  const { open, summary, share } = summaryOf(uploads);
  const isReading = open === 0 && reading > 0;
  return (
    <section className="upload-tray" aria-label="Files being added" data-testid="upload-tray">
      <div className="uploads-head">
        <p className="uploads-summary" role="status">
          {isReading ? `Reading ${count(reading, "document")}…` : summary || notice}
        </p>
        <button
          type="button"
          className="icon-button small"
          aria-label={open > 0 ? "Cancel" : "Dismiss"}
          onClick={() => {
            if (open > 0) store.cancelUploads();
            else store.dismissUploads();
            store.dismissNotice();
          }}
        >
          <CloseIcon />
        </button>
      </div>
      {(open > 0 || isReading) && <ProgressLine share={isReading ? null : share} />}
      <PlaceLink address="/documents" className="tray-link">
        Show documents
      </PlaceLink>
    </section>
  );
}
