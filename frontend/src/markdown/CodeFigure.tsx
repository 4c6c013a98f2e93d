import { memo } from "react";
import { CopyButton } from "../components/CopyButton";
import { LazyPart } from "../components/LazyPart";
import { lazyOf, loadPart } from "../components/loadPart";
import type { CodeBlock } from "./blocks";
import { languageName } from "./languages";

const HighlightedCode = lazyOf(
  loadPart(() => import("./HighlightedCode")),
  "default",
);

/** Longer code is shown without colours: tokenising it would cost frames and nobody reads it by colour. */
const highlightLimit = 40_000;

/** Code that is still arriving is coloured only while it is short enough to tokenise in every frame. */
const liveHighlightLimit = 6_000;

/** A code block with its language and a copy button. */
export function CodeFigure({ block }: { block: CodeBlock }) {
  const length = block.parts.reduce((sum, part) => sum + part.length, 0);
  const isColoured = block.language !== "" && length <= (block.closed ? highlightLimit : liveHighlightLimit);
  const plain = <PlainCode parts={block.parts} />;
  const name = languageName(block.language);
  return (
    <figure className="code">
      <figcaption>
        <span className="code-language">{name}</span>
        <CopyButton label="Copy code" text={() => block.parts.join("").replace(/\n$/, "")} />
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={`${name} code`}>
        <code>
          {isColoured ? (
            <LazyPart fallback={plain}>
              <HighlightedCode code={block.parts.join("")} language={block.language} />
            </LazyPart>
          ) : (
            plain
          )}
        </code>
      </pre>
    </figure>
  );
}

function PlainCode({ parts }: { parts: readonly string[] }) {
  return (
    <>
      {parts.map((part, index) => (
        <CodePart key={index} text={part} />
      ))}
    </>
  );
}

const CodePart = memo(function CodePart({ text }: { text: string }) {
  return <span>{text}</span>;
});
