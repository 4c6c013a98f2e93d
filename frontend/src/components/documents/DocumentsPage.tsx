import { useState } from "react";
import { useDocumentsState, useDocumentsStore, useWatchedDocuments } from "../../hooks/useDocuments";
import type { DocumentInfo } from "../../types/documents";
import { ConfirmDialog } from "../ConfirmDialog";
import { AddDocuments } from "./AddDocuments";
import { DocumentFilters } from "./DocumentFilters";
import { DocumentList } from "./DocumentList";
import { IndexLine } from "./IndexLine";
import { LiveNotice } from "./LiveNotice";
import { NoDocuments } from "./NoDocuments";
import { PlaceTabs } from "./PlaceTabs";
import { UploadPanel } from "./UploadPanel";

/** What is in the knowledge base, what is being added to it, and the ways to add, find and remove. */
export function DocumentsPage() {
  useWatchedDocuments();
  const store = useDocumentsStore();
  const status = useDocumentsState((state) => state.status);
  const error = useDocumentsState((state) => state.error);
  const isEmpty = useDocumentsState(isNothingThere);
  const [condemned, setCondemned] = useState<DocumentInfo | null>(null);
  return (
    <div className="place-scroller">
      <div className="place-column">
        <PlaceTabs />
        <AddDocuments />
        <LiveNotice />
        <UploadPanel />
        {isEmpty ? (
          <NoDocuments />
        ) : (
          <>
            <DocumentFilters />
            <IndexLine />
            {status === "failed" ? (
              <div className="place-problem" role="alert">
                <p>{error}</p>
                <button type="button" className="button" onClick={store.reload}>
                  Load again
                </button>
              </div>
            ) : (
              <DocumentList onDelete={setCondemned} />
            )}
          </>
        )}
      </div>
      {condemned && (
        <DeleteDialog
          document={condemned}
          onClose={() => setCondemned(null)}
          onConfirm={() => void store.remove(condemned.id)}
        />
      )}
    </div>
  );
}

function isNothingThere({
  status,
  items,
  filter,
}: {
  readonly status: string;
  readonly items: readonly unknown[];
  readonly filter: { query: string; folder: string; status: string };
}): boolean {
  const isFiltered = filter.query !== "" || filter.folder !== "" || filter.status !== "";
  return status === "ready" && items.length === 0 && !isFiltered;
}

interface DeleteDialogProps {
  readonly document: DocumentInfo;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
}

/** Asks before a document goes, and says what goes with it. */
export function DeleteDialog({ document, onClose, onConfirm }: DeleteDialogProps) {
  return (
    <ConfirmDialog
      title="Delete this document?"
      text={
        `“${document.title}” will no longer be found. Answers that cite it stay, and their citations are marked ` +
        "as removed."
      }
      action="Delete"
      onCancel={onClose}
      onConfirm={() => {
        onClose();
        onConfirm();
      }}
    />
  );
}
