/** The provider that quotes sentences and is no model. */
export const EXTRACTIVE = "extractive";

/** The badge's text: the model's name, without the folders that some servers put before it. */
export function modelLabel(provider: string | null, model: string | null): string {
  if (provider === EXTRACTIVE) return "Extractive";
  if (!model) return provider ?? "";
  return (
    model
      .split("/")
      .at(-1)
      ?.replace(/\.gguf$/i, "") || model
  );
}

/** What answers, in a sentence. */
export function modelSentence(provider: string | null, model: string | null): string {
  if (provider === EXTRACTIVE) {
    return "Built-in extractive answers: quotes sentences from your documents, no AI model";
  }
  if (!model) return "";
  return `Answers are written by ${modelLabel(provider, model)}`;
}
