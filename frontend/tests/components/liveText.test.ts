import assert from "node:assert/strict";
import { test } from "node:test";
import { settleLiveText } from "../../src/markdown/liveText";

const rows: readonly (readonly [string, string, string])[] = [
  ["open emphasis is closed", "This is **bo", "This is **bo**"],
  ["half-closed emphasis is closed", "This is **bold*", "This is **bold**"],
  ["emphasis that has only begun is not shown", "This is **", "This is "],
  ["open code is closed", "Call `foo", "Call `foo`"],
  ["code that has only begun is not shown", "Call `", "Call "],
  ["an unfinished link shows its label", "See [the docs](https://exa", "See the docs"],
  ["an unfinished citation waits", "As it says [1", "As it says "],
  ["a dash under a paragraph may become a list", "Text\n-", "Text"],
  ["dashes under a paragraph may become a heading", "Text\n---", "Text"],
  ["a number under a paragraph may become a list", "Text\n2.", "Text"],
  [
    "finished text stays as it is",
    "**Bold** and `code` [1] [a](https://b).",
    "**Bold** and `code` [1] [a](https://b).",
  ],
  ["a rule after a blank line stays", "Text\n\n---", "Text\n\n---"],
];
for (const [name, text, settled] of rows) {
  test(name, () => assert.equal(settleLiveText(text), settled));
}
