import { memo, useState } from "react";
import { BlockView } from "./Blocks";
import { BlockReader } from "./blockReader";
import type { Block } from "./blocks";

interface MarkdownProps {
  readonly text: string;
  /** Whether more text is coming: the loose end is settled, and a cursor follows the last character. */
  readonly isLive?: boolean;
}

/**
 * Markdown as React elements, never as HTML text. One reader lives as long as the component, so a text that grows is
 * read from where it was left, also when the answer is complete.
 */
export const Markdown = memo(function Markdown({ text, isLive = false }: MarkdownProps) {
  const [reader] = useState(() => new BlockReader());
  const { groups, live } = reader.read(text, isLive);
  return (
    <div className={isLive ? "markdown live" : "markdown"}>
      {groups.map((blocks, index) => {
        const isLast = index === groups.length - 1;
        return <Group key={index} blocks={blocks} live={isLast ? live : null} isSettled={!isLast} />;
      })}
      {groups.length === 0 && live && <Group key={0} blocks={noBlocks} live={live} isSettled={false} />}
    </div>
  );
});

const noBlocks: readonly Block[] = [];

interface GroupProps {
  readonly blocks: readonly Block[];
  readonly live: Block | null;
  /** Nothing comes to it any more: the browser may skip it while it is out of view. */
  readonly isSettled: boolean;
}

/** Some blocks. The live one is drawn inside the last group, so that it keeps its element when it is finished. */
const Group = memo(function Group({ blocks, live, isSettled }: GroupProps) {
  return (
    <div className={isSettled ? "blocks settled" : "blocks"}>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
      {live && <BlockView key={blocks.length} block={live} />}
    </div>
  );
});
