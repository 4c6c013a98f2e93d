import type { Growth } from "../markdown/blockReader";
import { LazyPart } from "./LazyPart";
import { lazyOf, loadPart } from "./loadPart";

/** Fetches the Markdown reader; called when the page has been drawn, so that it is there before the first answer. */
export const loadMarkdown = loadPart(() => import("../markdown/Markdown"));

const Markdown = lazyOf(loadMarkdown, "Markdown");

interface AnswerTextProps {
  readonly text: string;
  readonly isLive: boolean;
  /** Of a text that is still growing. */
  readonly growth: Growth | null;
}

/** The text of an answer. Should its reader not have loaded, the text is shown as it was written. */
export function AnswerText({ text, isLive, growth }: AnswerTextProps) {
  const plain = <div className={isLive ? "markdown plain live" : "markdown plain"}>{text}</div>;
  return (
    <LazyPart fallback={plain}>
      <Markdown text={text} isLive={isLive} growth={growth} />
    </LazyPart>
  );
}
