import { useEffect, useState } from "react";
import { useDocumentsState, useDocumentsStore } from "../../hooks/useDocuments";
import { STATUS_WORDS } from "../../documents/wording";
import { DOCUMENT_STATUSES, type DocumentStatus } from "../../types/documents";
import { CloseIcon } from "../partIcons";
import { SearchIcon } from "./documentIcons";

/** Milliseconds after the last key until the list is asked for. */
const PAUSE = 250;

/** Which documents are listed: by words of their titles and sources, by folder, by status. */
export function DocumentFilters() {
  const store = useDocumentsStore();
  const filter = useDocumentsState((state) => state.filter);
  const folders = useDocumentsState((state) => state.folders);
  const [query, setQuery] = useState(filter.query);
  useEffect(() => {
    if (query === store.getState().filter.query) return;
    const timer = setTimeout(() => store.setFilter({ query }), PAUSE);
    return () => clearTimeout(timer);
  }, [store, query]);
  const isFiltered = query !== "" || filter.folder !== "" || filter.status !== "";
  return (
    <div className="filters" role="search" aria-label="Documents">
      <div className="search-field">
        <SearchIcon />
        <input
          type="search"
          className="field"
          aria-label="Search titles and sources"
          placeholder="Search titles and sources"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {folders.length > 0 && (
        <select
          className="field"
          aria-label="Folder"
          value={filter.folder}
          onChange={(event) => store.setFilter({ folder: event.target.value })}
        >
          <option value="">All folders</option>
          {folders.map((folder) => (
            <option key={folder} value={folder}>
              {folder}
            </option>
          ))}
        </select>
      )}
      <select
        className="field"
        aria-label="Status"
        value={filter.status}
        onChange={(event) => store.setFilter({ status: event.target.value as DocumentStatus | "" })}
      >
        <option value="">Any status</option>
        {DOCUMENT_STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATUS_WORDS[status]}
          </option>
        ))}
      </select>
      {isFiltered && (
        <button
          type="button"
          className="icon-button"
          aria-label="Show all documents"
          title="Show all documents"
          onClick={() => {
            setQuery("");
            store.setFilter({ query: "", folder: "", status: "" });
          }}
        >
          <CloseIcon />
        </button>
      )}
    </div>
  );
}
