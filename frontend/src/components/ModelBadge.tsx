import { useServer } from "../hooks/useServer";
import { modelLabel, modelSentence } from "./modelLabel";

/** What answers, and whether it can. */
export function ModelBadge() {
  const { status, provider, model, message } = useServer();
  const label = modelLabel(provider, model);
  if (!label && status !== "unreachable") return null;
  const isWell = status === "ready" || status === "unknown";
  const title = isWell ? modelSentence(provider, model) : (message ?? "The server cannot be reached.");
  return (
    <span className="model-badge" data-status={status} title={title} data-testid="model">
      <span className="dot" aria-hidden="true" />
      <span className="model-name">{label || "No server"}</span>
      {!isWell && <span className="visually-hidden">{`: ${title}`}</span>}
    </span>
  );
}
