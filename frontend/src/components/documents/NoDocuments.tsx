import { UploadIcon } from "./documentIcons";

/** An empty knowledge base: what it is for, what it takes, and that dropping is enough. */
export function NoDocuments() {
  return (
    <section className="no-documents" aria-labelledby="no-documents-title">
      <span className="empty-mark">
        <UploadIcon />
      </span>
      <h2 id="no-documents-title">Add what you want to ask about</h2>
      <p>
        Drop a folder here, or choose files. Rill reads PDF, Word, EPUB, web pages, Markdown, notes, tables
        and source code, and answers with the very passages.
      </p>
      <p className="no-documents-more">
        From a terminal, <code>rill ingest FOLDER</code> does the same.
      </p>
    </section>
  );
}
