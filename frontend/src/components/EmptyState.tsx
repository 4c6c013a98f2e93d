import { useServer } from "../hooks/useServer";
import { RillMark } from "./partIcons";
import { modelSentence } from "./modelLabel";
import { PlaceLink } from "./PlaceLink";

/** Questions that Rill's own documentation answers; it is indexed at the first start. */
export const exampleQuestions = [
  "What is Rill?",
  "How do I connect Ollama or another model?",
  "What happens when my connection drops?",
  "How do I add my own documents?",
] as const;

interface EmptyStateProps {
  readonly isDisabled: boolean;
  readonly onAsk: (question: string) => void;
}

/** A new conversation: what this is, what answers, and something to begin with. */
export function EmptyState({ isDisabled, onAsk }: EmptyStateProps) {
  return (
    <section className="empty" aria-labelledby="empty-title">
      <span className="empty-mark">
        <RillMark size={40} />
      </span>
      <h2 id="empty-title">Rill</h2>
      <p className="empty-lead">
        Ask your own documents. Every step and every word is shown as it happens, with its sources.
      </p>
      <ul className="examples" aria-label="Example questions">
        {exampleQuestions.map((question) => (
          <li key={question}>
            <button type="button" className="example" disabled={isDisabled} onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
      <ServerFacts />
    </section>
  );
}

function ServerFacts() {
  const { status, provider, model, documents, message } = useServer();
  const sentence = modelSentence(provider, model);
  if (status === "unreachable" || status === "unavailable") {
    return (
      <p className="empty-facts problem" role="status">
        {message ?? "The server cannot be reached."}
      </p>
    );
  }
  return (
    <p className="empty-facts" data-testid="server-facts">
      {sentence && <span>{sentence}</span>}
      {documents !== null && (
        <PlaceLink address="/documents" className="facts-link">
          {documentCount(documents)}
        </PlaceLink>
      )}
    </p>
  );
}

function documentCount(documents: number): string {
  if (documents === 0) return "The knowledge base is empty: add documents, or drop them here";
  return `${documents.toLocaleString("en")} ${documents === 1 ? "document" : "documents"} in the knowledge base`;
}
