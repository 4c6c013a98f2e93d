import assert from "node:assert/strict";
import { test } from "node:test";
import { Lexer } from "marked";
import { BlockReader } from "../../src/markdown/blockReader";
import type { Block, ParsedText } from "../../src/markdown/blocks";

const document = [
  "# Title\n\nA paragraph with **bold**, `code` and [1, 2].\nIts second line.\n",
  "- one\n- two\n\n  still two\n- three\n  ```sh\n  nested\n  ```\n",
  "1. first\n2. second\n",
  "```make\nall:\n\techo hi\n\n```\n",
  "| a | b |\n|---|---:|\n| 1 | 2 |\n\nSetext\n------\n\n> quote\n> more\n",
  "~~~\n```\nnot closed by the other mark\n~~~\ntext right after\n***\n",
  "<div>raw</div>\n\n[ref]: https://example.org\n\n$$\nx^2\n$$\n\nThe end [3].\n",
].join("\n");

function blocksOf({ groups, live }: ParsedText): Block[] {
  return [...groups.flat(), ...(live ? [live] : [])];
}

/** Without `raw`, whose ends depend on where the text was cut, and `loose`, which a later item can still change. */
function shape(blocks: readonly Block[]): unknown {
  return JSON.parse(
    JSON.stringify(blocks, (key, value) => (key === "raw" || key === "loose" ? undefined : value)),
  );
}

function readInSteps(text: string, step: number, isLive: boolean): Block[] {
  const reader = new BlockReader();
  for (let end = step; end < text.length; end += step) reader.read(text.slice(0, end), isLive);
  return blocksOf(reader.read(text, false));
}

test("a text that arrives in pieces of any size gives the blocks of the whole text", () => {
  const whole = shape(blocksOf(new BlockReader().read(document, false)));
  for (const step of [1, 2, 3, 5, 8, 13, 100]) {
    for (const isLive of [false, true]) {
      assert.deepEqual(shape(readInSteps(document, step, isLive)), whole, `step ${step}, live ${isLive}`);
    }
  }
});

test("every kind of block is found", () => {
  const kinds = blocksOf(new BlockReader().read(document, false)).map((block) =>
    block.kind === "other" ? block.token.type : block.kind,
  );
  const expected =
    "heading prose list list code table heading blockquote code prose hr html def math prose".split(" ");
  assert.deepEqual(
    kinds.filter((kind) => kind !== "def"),
    expected.filter((kind) => kind !== "def"),
  );
});

test("line ends of any kind are the same, also when a CRLF is cut in two", () => {
  const whole = shape(blocksOf(new BlockReader().read(document, false)));
  assert.deepEqual(shape(readInSteps(document.replaceAll("\n", "\r\n"), 1, true)), whole);
  assert.deepEqual(shape(readInSteps(document.replaceAll("\n", "\r"), 3, true)), whole);
});

test("finished blocks stay the same objects while text arrives", () => {
  const reader = new BlockReader();
  let before: readonly Block[] = [];
  for (let end = 1; end <= document.length; end += 1) {
    const finished = reader.read(document.slice(0, end), true).groups.flat();
    before.forEach((block, index) => assert.equal(finished[index], block));
    before = finished;
  }
  assert.ok(before.length > 10);
});

test("a text that does not continue the last one is read from its start", () => {
  const reader = new BlockReader();
  reader.read("# One\n\ntwo\n\nthree", true);
  const blocks = blocksOf(reader.read("Another text", true));
  assert.equal(blocks.length, 1);
  assert.equal(blocks[0]?.kind, "prose");
});

test("tabs in code are kept: a Makefile can be copied", () => {
  const code = blocksOf(new BlockReader().read("```make\nall:\n\techo\n```\n", false))[0];
  assert.ok(code?.kind === "code");
  assert.equal(code.parts.join(""), "all:\n\techo\n");
  assert.equal(code.language, "make");
  assert.equal(code.closed, true);
});

test("a half-written closing fence is not shown as code", () => {
  const reader = new BlockReader();
  for (const end of ["`", "``", "```"]) {
    const live = reader.read(`\`\`\`js\nlet a;\n${end}`, true).live;
    assert.ok(live?.kind === "code");
    assert.equal(live.parts.join(""), "let a;\n");
  }
});

test("headings get levels that the page's outline can bear", () => {
  const blocks = blocksOf(new BlockReader().read("### a\n\n##### b\n\n# c\n\n## d\n\n###### e\n", false));
  assert.deepEqual(
    blocks.map((block) => (block.kind === "heading" ? block.level : 0)),
    [3, 4, 3, 4, 5],
  );
});

for (const [name, unit] of [
  ["paragraph", "Some words with **bold** and `code` [1]. "],
  ["list", "- an item of a list with some words\n"],
  ["code block", "let value = compute(value);\n"],
  ["line of Chinese", "河水流过石头的声音很轻"],
] as const) {
  test(`an endless ${name} is not lexed from its start for every piece`, () => {
    const text = (name === "code block" ? "```js\n" : "") + unit.repeat(Math.ceil(60_000 / unit.length));
    const lexed = countLexed(() => {
      const reader = new BlockReader();
      for (let end = 100; end <= text.length; end += 100) reader.read(text.slice(0, end), true);
    });
    // 600 calls: from the start each would be 18 million characters.
    assert.ok(lexed < 600 * 7_000, `${lexed} characters`);
  });
}

test("of a text that grows only what is new is looked at", () => {
  const reader = new BlockReader();
  let tail = { start: 0, text: "" };
  for (let end = 1; end <= document.length; end += 1) {
    const isNewTail = end % 100 === 0;
    const added = document.slice(end - 1, end);
    tail = isNewTail ? { start: end - 1, text: added } : { ...tail, text: tail.text + added };
    // What was read before is unreadable now: it would come out as something else, if it were looked at again.
    reader.read("?".repeat(tail.start) + tail.text, true, { of: "run", tail });
  }
  const whole = shape(blocksOf(new BlockReader().read(document, false)));
  const tailless = { start: document.length, text: "" };
  assert.deepEqual(shape(blocksOf(reader.read(document, false, { of: "run", tail: tailless }))), whole);
});

test("a text of another run is read from its start, also when it is longer", () => {
  const reader = new BlockReader();
  reader.read("# One", true, { of: "first", tail: { start: 0, text: "# One" } });
  const text = "Another text, and a longer one";
  const blocks = blocksOf(reader.read(text, true, { of: "second", tail: { start: 0, text } }));
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ["prose"],
  );
});

test("a reader that has missed some of a text's growth catches up", () => {
  const reader = new BlockReader();
  reader.read("One.", true, { of: "run", tail: { start: 0, text: "One." } });
  const text = "One.\n\nTwo.\n\nThree.";
  const tail = { start: text.length - 6, text: "Three." };
  assert.equal(blocksOf(reader.read(text, true, { of: "run", tail })).length, 3);
});

test("a very long paragraph loses nothing where it is cut", () => {
  const text = "Words, and more words; a sentence ends here. ".repeat(500).trim();
  const block = blocksOf(new BlockReader().read(text, false))[0];
  assert.ok(block?.kind === "prose");
  assert.ok(block.parts.length > 1);
  assert.equal(
    block.parts
      .flat()
      .map((token) => token.raw)
      .join(""),
    text,
  );
});

/** How many characters marked was given while `work` ran. */
function countLexed(work: () => void): number {
  const prototype = Lexer.prototype as unknown as Record<"lex" | "inlineTokens", (text: string) => unknown>;
  const { lex, inlineTokens } = prototype;
  let count = 0;
  prototype.lex = function (text) {
    count += text.length;
    return lex.call(this, text);
  };
  try {
    work();
  } finally {
    prototype.lex = lex;
    prototype.inlineTokens = inlineTokens;
  }
  return count;
}
