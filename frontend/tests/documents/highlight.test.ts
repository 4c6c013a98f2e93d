import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byteLength, indexOfByte, linesOf, overlapOf, piecesOf } from "../../src/documents/highlight";
import type { ContentBlock } from "../../src/types/documents";
import { seededRandom } from "../support/random";

const block = (text: string, start = 0): ContentBlock => ({
  kind: "paragraph",
  level: null,
  start,
  end: start + byteLength(text),
  page: null,
  text,
});

describe("positions in bytes", () => {
  it("are found among characters of every length", () => {
    const text = "aé€😀b";
    assert.equal(byteLength(text), 1 + 2 + 3 + 4 + 1);
    assert.deepEqual(
      [0, 1, 3, 6, 10, 11].map((byte) => indexOfByte(text, byte)),
      [0, 1, 2, 3, 5, 6],
    );
  });

  it("inside a character are the character's own", () => {
    assert.deepEqual(
      [2, 4, 5, 8].map((byte) => indexOfByte("aé€😀b", byte)),
      [1, 2, 2, 3],
    );
  });

  it("agree with the platform's encoder on any text", () => {
    const random = seededRandom(5);
    const alphabet = ["a", "\n", "é", "ß", "€", "中", "😀", "́"];
    for (let round = 0; round < 200; round += 1) {
      const characters = Array.from({ length: 12 }, () => alphabet[Math.floor(random() * 8)] ?? "");
      const cut = Math.floor(random() * 12);
      const before = characters.slice(0, cut).join("");
      const text = characters.join("");
      const bytes = new TextEncoder().encode(before).length;
      assert.equal(indexOfByte(text, bytes), before.length, JSON.stringify(text));
      assert.equal(byteLength(text), new TextEncoder().encode(text).length);
    }
  });
});

describe("a highlight in a block", () => {
  const span = (start: number, end: number) => ({ start, end });

  it("is none, a part or the whole of it", () => {
    const here = block("0123456789", 100);
    assert.deepEqual(
      [null, span(0, 100), span(110, 120), span(90, 101), span(105, 107), span(100, 110), span(0, 200)].map(
        (each) => overlapOf(here, each),
      ),
      ["none", "none", "none", "part", "part", "whole", "whole"],
    );
  });

  it("cuts the text at its ends", () => {
    const here = block("Über die Brücke", 10);
    // Ü and ü have two bytes each.
    assert.deepEqual(piecesOf(here, span(15, 18)), [
      { text: "Über", isMarked: false },
      { text: " di", isMarked: true },
      { text: "e Brücke", isMarked: false },
    ]);
    assert.deepEqual(
      piecesOf(here, span(0, 15)).map(({ text }) => text),
      ["Über", " die Brücke"],
    );
    assert.deepEqual(piecesOf(here, null), [{ text: here.text, isMarked: false }]);
  });

  it("takes rows of a table one by one", () => {
    const lines = linesOf(block("é|1\nb|2\nc|3", 100));
    assert.deepEqual(
      lines.map(({ start, end }) => [start, end]),
      [
        [100, 104],
        [105, 108],
        [109, 112],
      ],
    );
    assert.deepEqual(
      lines.map((line) => overlapOf(line, span(105, 108))),
      ["none", "whole", "none"],
    );
  });
});
