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
            <code>make embedding-model</code> gets all-MiniLM-L6-v2, which then runs inside Rill; a folder of
            it elsewhere is named in <code>RILL_EMBEDDING_DIR</code>. With{" "}
            <code>RILL_EMBEDDING_PROVIDER=openai</code> a server’s model is used. After a restart everything
            that is here is indexed by itself; nothing has to be added again.
          </p>
        </details>
      )}
    </div>
  );
}
