import { createElement, memo, type ReactNode } from "react";
import type { marked } from "marked";
import type { Block, ListBlock, ListPart, ProseBlock, Token } from "./blocks";
import { CodeFigure } from "./CodeFigure";
import { Formula } from "./Formula";
import { Inline } from "./Inline";

/** One block. It is drawn again only when it is another object, which a finished block never becomes. */
export const BlockView = memo(function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "prose":
      return <Prose block={block} />;
    case "list":
      return <List block={block} />;
    case "code":
      return <CodeFigure block={block} />;
    case "heading": {
      const className = `depth-${block.depth}`;
      return createElement(`h${block.level}`, { className }, <Inline tokens={block.tokens} />);
    }
    case "other":
      return <>{blockElement(block.token, 0)}</>;
  }
});

const ProsePart = memo(Inline);

function Prose({ block }: { block: ProseBlock }) {
  return (
    <p>
      {block.parts.map((tokens, index) => (
        <ProsePart key={index} tokens={tokens} />
      ))}
    </p>
  );
}

function List({ block }: { block: ListBlock }) {
  const items = block.parts.map((part, index) => <Items key={index} items={part} />);
  const className = block.loose ? "loose" : "tight";
  return block.ordered ? (
    <ol start={block.start} className={className}>
      {items}
    </ol>
  ) : (
    <ul className={className}>{items}</ul>
  );
}

const Items = memo(function Items({ items }: { items: ListPart }) {
  return (
    <>
      {items.map((item, index) => (
        <li key={index} className={item.task ? "task" : undefined}>
          {item.task && (
            <span role="img" aria-label={item.checked ? "Done: " : "To do: "} className="task-mark">
              {item.checked ? "☑" : "☐"}
            </span>
          )}
          <Tokens tokens={item.tokens as Token[]} />
        </li>
      ))}
    </>
  );
});

function Tokens({ tokens }: { tokens: readonly Token[] }) {
  return <>{tokens.map((token, index) => blockElement(token, index))}</>;
}

function blockElement(token: Token, key: number): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return <hr key={key} />;
    case "paragraph":
      return (
        <p key={key}>
          <Inline tokens={token.tokens as Token[]} />
        </p>
      );
    case "blockquote":
      return (
        <blockquote key={key}>
          <Tokens tokens={token.tokens as Token[]} />
        </blockquote>
      );
    case "list": {
      const start = typeof token.start === "number" ? token.start : 1;
      return (
        <List
          key={key}
          block={{ kind: "list", ordered: token.ordered, start, loose: token.loose, parts: [token.items] }}
        />
      );
    }
    case "code":
      return (
        <CodeFigure
          key={key}
          block={{ kind: "code", language: token.lang ?? "", parts: [token.text], closed: true }}
        />
      );
    case "table":
      return <Table key={key} table={token} />;
    case "math":
      return <Formula key={key} tex={token.tex} display={token.display} source={token.raw} />;
    case "heading":
      return (
        <p key={key} className={`depth-${token.depth} run-in`}>
          <strong>
            <Inline tokens={token.tokens as Token[]} />
          </strong>
        </p>
      );
    case "html":
      return (
        <p key={key} className="raw">
          {token.raw.trimEnd()}
        </p>
      );
    default:
      return <Inline key={key} tokens={[token]} />;
  }
}

function Table({ table }: { table: marked.Tokens.Table }) {
  const alignment = (column: number): string | undefined => {
    const align = table.align[column];
    return align ? `align-${align}` : undefined;
  };
  return (
    <div className="table scroll-x" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>
            {table.header.map((cell, column) => (
              <th key={column} scope="col" className={alignment(column)}>
                <Inline tokens={cell.tokens as Token[]} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} className={alignment(column)}>
                  <Inline tokens={cell.tokens as Token[]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
