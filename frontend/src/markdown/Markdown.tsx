import { memo, useState } from "react";
import { BlockView } from "./Blocks";
import { BlockReader, type Growth } from "./blockReader";
import type { Block } from "./blocks";

interface MarkdownProps {
  readonly text: string;
  /** Whether more text is coming: the loose end is settled, and a cursor follows the last character. */
  readonly isLive?: boolean;
  /** Of a text that is still growing. */
  readonly growth?: Growth | null;
}

/**
 * Markdown as React elements, never as HTML text. One reader lives as long as the component, so a text that grows is
 * read from where it was left, also when the answer is complete.
 */
export const Markdown = memo(function Markdown({ text, isLive = false, growth = null }: MarkdownProps) {
  const [reader] = useState(() => new BlockReader());
  const parsed = reader.read(text, isLive, growth);
  const { live } = parsed;
  const groups = parsed.groups.length === 0 ? noGroups : parsed.groups;
  return (
    <div className={isLive ? "markdown live" : "markdown"}>
      {groups.map((blocks, index) => {
        const isLast = index === groups.length - 1;
        return <Group key={index} blocks={blocks} live={isLast ? live : null} isSettled={!isLast} />;
      })}
    </div>
  );
});

/** A text whose first block is not finished is drawn in the group that the block will be in. */
const noGroups: readonly (readonly Block[])[] = [[]];

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
      {(live ? [...blocks, live] : blocks).map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
});
