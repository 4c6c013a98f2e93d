import { useDocumentsState } from "../../hooks/useDocuments";
import { count, indexSentence } from "../../documents/wording";

/** How many documents there are, and what can be found by what. */
export function IndexLine() {
  const total = useDocumentsState((state) => state.total);
  const embedding = useDocumentsState((state) => state.embedding);
  const status = useDocumentsState((state) => state.status);
  return (
    <div className="index-line" data-testid="index-line" data-state={embedding?.state ?? "unknown"}>
      <p>
        <strong>{status === "loading" ? "Loading…" : count(total, "document")}</strong>
        {embedding && <span>{indexSentence(embedding)}</span>}
      </p>
      {embedding?.state === "off" && (
        <details className="index-help">
          <summary>How to add a model</summary>
          <p>
            Search by meaning needs an embedding model. Put the folder of all-MiniLM-L6-v2 into{" "}
            <code>models</code> in Rill’s data folder, or name it in <code>RILL_EMBEDDING_DIR</code>; or set{" "}
            <code>RILL_EMBEDDING_PROVIDER=openai</code> to use a server’s. What is here is indexed then,
            nothing has to be added again.
          </p>
        </details>
      )}
    </div>
  );
}
