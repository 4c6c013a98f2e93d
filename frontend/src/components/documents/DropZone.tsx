import { useEffect, useState } from "react";
import { useChatState, useChatStore } from "../../hooks/storeContext";
import type { ChatStore } from "../../store";
import type { Entry } from "../../documents/folderReader";
import { loadDocuments, UploadTray } from "./loadDocuments";

/**
 * Milliseconds after which files that no longer hang over the page have left it. Browsers tell several times a second
 * that they do; that they leave, they do not always tell.
 */
const SILENCE = 800;

/** Takes files and folders that are dropped anywhere on the page, and says so while they hang over it. */
export function DropZone() {
  const store = useChatStore();
  const place = useChatState((state) => state.place);
  const [isOver, setOver] = useState(false);
  const [hasTaken, setTaken] = useState(false);
  useEffect(() => {
    let timer = 0;
    const hide = (): void => {
      clearTimeout(timer);
      setOver(false);
    };
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      // Only what says so may be dropped; else the browser would open the file in the page's place.
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      setOver(true);
      clearTimeout(timer);
      timer = window.setTimeout(hide, SILENCE);
    };
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (relatedTarget === null) hide();
    };
    const drop = (event: DragEvent): void => {
      hide();
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setTaken(true);
      void take(store, event.dataTransfer);
    };
    window.addEventListener("dragenter", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", over);
    window.addEventListener("drop", drop);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("dragenter", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", over);
      window.removeEventListener("drop", drop);
    };
  }, [store]);
  return (
    <>
      {isOver && (
        <div className="drop-veil" data-testid="drop-veil">
          <p className="drop-sign">Drop files or folders to add them to your documents</p>
        </div>
      )}
      {hasTaken && place?.path !== "/documents" && <UploadTray />}
    </>
  );
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer !== null && [...dataTransfer.types].includes("Files");
}

/** The browser lets go of what was dropped when the event is over: what is needed of it is asked for before. */
async function take(store: ChatStore, data: DataTransfer): Promise<void> {
  const entries = [...data.items]
    .filter(({ kind }) => kind === "file")
    .map((item): Entry | null => item.webkitGetAsEntry?.() as Entry | null);
  const files = [...data.files];
  const { documentsOf, filesOf, readEntries } = await loadDocuments();
  const known = entries.filter((entry): entry is Entry => entry !== null);
  documentsOf(store).add(known.length > 0 ? await readEntries(known) : filesOf(files));
}
