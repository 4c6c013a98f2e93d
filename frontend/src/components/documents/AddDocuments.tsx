import { useRef, useState, type ChangeEvent, type FormEvent } from "react";
import { filesOf } from "../../documents/folderReader";
import { useDocumentsStore } from "../../hooks/useDocuments";
import { FolderIcon, LinkIcon, UploadIcon } from "./documentIcons";

/** React's types lack the attribute that makes a chooser one of folders. */
const folderChooser = { webkitdirectory: "" };

/** The ways to add documents: files, a folder, an address, and (told, not shown) dropping them. */
export function AddDocuments() {
  const store = useDocumentsStore();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [isAsking, setAsking] = useState(false);
  const take = ({ currentTarget }: ChangeEvent<HTMLInputElement>): void => {
    if (currentTarget.files) store.add(filesOf(currentTarget.files));
    // So that the same file can be chosen again.
    currentTarget.value = "";
  };
  return (
    <section className="add" aria-label="Add documents">
      <div className="add-buttons">
        <button type="button" className="button primary" onClick={() => files.current?.click()}>
          <UploadIcon />
          Add files
        </button>
        <button type="button" className="button" onClick={() => folder.current?.click()}>
          <FolderIcon />
          Add a folder
        </button>
        <button
          type="button"
          className="button"
          aria-expanded={isAsking}
          onClick={() => setAsking(!isAsking)}
        >
          <LinkIcon />
          Add a web page
        </button>
        <p className="add-hint">or drop them anywhere on the page</p>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to add"
        data-testid="files"
        onChange={take}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder to add"
        data-testid="folder"
        {...folderChooser}
        onChange={take}
      />
      {isAsking && <AddressForm onDone={() => setAsking(false)} />}
    </section>
  );
}

/** Asks for an address; what is wrong with it is said beside it. */
function AddressForm({ onDone }: { onDone: () => void }) {
  const store = useDocumentsStore();
  const [address, setAddress] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const url = completed(address);
    if (url === null) {
      setProblem("This is no web address. It begins with https:// or http://.");
      return;
    }
    setBusy(true);
    setProblem(null);
    const failure = await store.addAddress(url);
    setBusy(false);
    if (failure === null) onDone();
    else setProblem(failure);
  };
  return (
    <form className="address-form" onSubmit={(event) => void submit(event)}>
      <label htmlFor="address" className="visually-hidden">
        Web address
      </label>
      <input
        id="address"
        className="field"
        type="text"
        inputMode="url"
        autoComplete="url"
        spellCheck={false}
        placeholder="https://"
        value={address}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : "address-problem"}
        ref={(input) => {
          if (input && document.activeElement !== input && address === "" && problem === null) input.focus();
        }}
        onChange={(event) => setAddress(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
      />
      <button type="submit" className="button primary" disabled={isBusy || address.trim() === ""}>
        {isBusy ? "Adding…" : "Add"}
      </button>
      {problem && (
        <p id="address-problem" className="field-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** The address with the scheme that people leave out; null for what is no web address. */
export function completed(text: string): string | null {
  const trimmed = text.trim();
  const address = /^[a-z][a-z0-9+.-]*:/i.test(trimmed) ? trimmed : `https://${trimmed}`;
  try {
    const { protocol, hostname, href } = new URL(address);
    return (protocol === "https:" || protocol === "http:") && hostname !== "" ? href : null;
  } catch {
    return null;
  }
}
