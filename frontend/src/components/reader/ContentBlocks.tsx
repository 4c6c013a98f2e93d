import { memo, type ReactNode } from "react";
import { linesOf, overlapOf, piecesOf } from "../../documents/highlight";
import type { ContentBlock } from "../../types/documents";
import { AnswerText } from "../AnswerText";

type Span = { readonly start: number; readonly end: number } | null;

interface ContentBlocksProps {
  readonly blocks: readonly ContentBlock[];
  readonly span: Span;
  /** The text is Markdown: whole blocks are shown as what they mean. */
  readonly isMarkdown: boolean;
}

/** A document's text as it is built, with a span of it marked. */
export function ContentBlocks({ blocks, span, isMarkdown }: ContentBlocksProps) {
  let page: number | null = null;
  return (
    <>
      {blocks.map((block) => {
        const isNewPage = block.page !== null && block.page !== page;
        page = block.page ?? page;
        return (
          <Block
            key={block.start}
            block={block}
            span={overlapOf(block, span) === "none" ? null : span}
            page={isNewPage ? block.page : null}
            isMarkdown={isMarkdown}
          />
        );
      })}
    </>
  );
}

interface BlockProps {
  readonly block: ContentBlock;
  readonly span: Span;
  /** The page that begins with it. */
  readonly page: number | null;
  readonly isMarkdown: boolean;
}

const Block = memo(function Block({ block, span, page, isMarkdown }: BlockProps) {
  const isWhole = span === null || overlapOf(block, span) === "whole";
  return (
    <>
      {page !== null && (
        <p className="page-break">
          <span>{`Page ${page}`}</span>
        </p>
      )}
      {isMarkdown && isWhole ? (
        <Marked isMarked={span !== null}>
          <AnswerText text={block.text} isLive={false} growth={null} />
        </Marked>
      ) : (
        <PlainBlock block={block} span={span} />
      )}
    </>
  );
});

function Marked({ isMarked, children }: { isMarked: boolean; children: ReactNode }) {
  if (!isMarked) return <div className="content-block">{children}</div>;
  return <mark className="content-block passage">{children}</mark>;
}

function PlainBlock({ block, span }: { block: ContentBlock; span: Span }) {
  const text = <Pieces block={block} span={span} />;
  switch (block.kind) {
    case "heading":
      return <Heading level={block.level ?? 2}>{text}</Heading>;
    case "code":
      return (
        <pre className="content-block content-code" tabIndex={0}>
          <code>{text}</code>
        </pre>
      );
    case "table":
      return <Table block={block} span={span} />;
    case "quote":
      return <blockquote className="content-block content-quote">{text}</blockquote>;
    case "list_item":
      return (
        <div className="content-block content-item" role="listitem">
          {text}
        </div>
      );
    default:
      return <p className="content-block">{text}</p>;
  }
}

function Pieces({ block, span }: { block: ContentBlock; span: Span }) {
  return (
    <>
      {piecesOf(block, span).map(({ text, isMarked }, index) =>
        isMarked ? (
          <mark key={index} className="passage">
            {text}
          </mark>
        ) : (
          <span key={index}>{text}</span>
        ),
      )}
    </>
  );
}

/** The page has its own headings above: those of a document begin with the third level. */
function Heading({ level, children }: { level: number; children: ReactNode }) {
  const className = `content-block content-heading depth-${Math.min(level, 3)}`;
  if (level <= 1) return <h3 className={className}>{children}</h3>;
  if (level === 2) return <h4 className={className}>{children}</h4>;
  if (level === 3) return <h5 className={className}>{children}</h5>;
  return <h6 className={className}>{children}</h6>;
}

/** Rows that have cells, else the lines as they are. */
function Table({ block, span }: { block: ContentBlock; span: Span }) {
  const lines = linesOf(block).filter(({ text }) => text.trim() !== "" && !/^[\s|:+=-]+$/.test(text));
  const texts = lines.map(({ text }) => text);
  const named = namedRows(texts);
  const rows = named?.rows ?? texts.map(cellsOf);
  if (rows.every((cells) => cells.length < 2)) {
    return (
      <pre className="content-block content-code" tabIndex={0}>
        <Pieces block={block} span={span} />
      </pre>
    );
  }
  return (
    <div className="content-block scroll-x" role="region" aria-label="Table" tabIndex={0}>
      <table className="content-table">
        {named && (
          <thead>
            <tr>
              {named.names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {lines.map((line, index) => (
            <tr key={line.start} className={overlapOf(line, span) === "none" ? undefined : "passage-row"}>
              {(rows[index] ?? []).map((cell, column) => (
                <td key={column}>
                  {overlapOf(line, span) === "none" ? cell : <mark className="passage">{cell}</mark>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * Rows that name each of their cells ("bridge: Stone Bridge; pence: 3"), as the rows of a CSV file are kept; null when
 * they are not all alike.
 */
export function namedRows(lines: readonly string[]): { names: string[]; rows: string[][] } | null {
  const pairs = lines.map((line) => line.split("; ").map((cell) => /^([^:]+): ?(.*)$/.exec(cell)));
  const names = pairs[0]?.map((pair) => pair?.[1] ?? "") ?? [];
  if (names.length < 2 || names.includes("") || new Set(names).size < names.length) return null;
  const isAlike = pairs.every(
    (row) => row.length === names.length && row.every((pair, index) => pair?.[1] === names[index]),
  );
  return isAlike ? { names, rows: pairs.map((row) => row.map((pair) => pair?.[2] ?? "")) } : null;
}

/** The cells of a row, which stand between bars or tabs. */
export function cellsOf(line: string): string[] {
  const row = line.trim();
  if (row.includes("\t")) return row.split("\t").map((cell) => cell.trim());
  if (!row.includes("|")) return [row];
  const cells = row.replace(/^\|/, "").replace(/\|$/, "").replaceAll("\\|", ESCAPED).split("|");
  return cells.map((cell) => cell.trim().replaceAll(ESCAPED, "|"));
}

/** Stands for a bar that belongs to a cell while a row is cut at its other bars. */
const ESCAPED = "\u0000";
