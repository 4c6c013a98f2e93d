import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  BATCH_BYTES,
  BATCH_FILES,
  batchesOf,
  isHidden,
  refusalOf,
  sharesOf,
} from "../../src/documents/uploadBatches";

const file = (size: number) => ({ file: { size } });

describe("requests", () => {
  it("hold several small files, in order, and none is lost", () => {
    const items = Array.from({ length: BATCH_FILES * 2 + 1 }, (_, index) => ({ ...file(10), index }));
    const batches = batchesOf(items);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [BATCH_FILES, BATCH_FILES, 1],
    );
    assert.deepEqual(
      batches.flat().map(({ index }) => index),
      items.map(({ index }) => index),
    );
  });

  it("end before they become too large; a large file goes alone", () => {
    const sizes = [BATCH_BYTES - 1, 2, 10 * BATCH_BYTES, 1, 1];
    assert.deepEqual(
      batchesOf(sizes.map(file)).map((batch) => batch.map((each) => each.file.size)),
      [[BATCH_BYTES - 1], [2], [10 * BATCH_BYTES], [1, 1]],
    );
  });

  it("no files, no request", () => assert.deepEqual(batchesOf([]), []));
});

describe("how much of each file is sent", () => {
  it("goes from the first to the last", () => {
    assert.deepEqual(sharesOf([100, 200, 50], 0), [0, 0, 0]);
    assert.deepEqual(sharesOf([100, 200, 50], 200), [1, 0.5, 0]);
    assert.deepEqual(sharesOf([100, 200, 50], 400), [1, 1, 1]);
    assert.deepEqual(sharesOf([0, 100], 0), [0, 0]);
    assert.deepEqual(sharesOf([0, 100], 1), [1, 0.01]);
  });
});

describe("what is not sent", () => {
  it("pictures, sounds, programs, and what is empty", () => {
    for (const [name, type, size] of [
      ["a.png", "image/png", 1],
      ["a.mp3", "audio/mpeg", 1],
      ["a.exe", "", 1],
      ["a.md", "text/markdown", 0],
    ] as const) {
      assert.match(refusalOf(name, type, size) ?? "", /^[A-Z].*\.$/, name);
    }
    for (const name of ["a.md", "a.pdf", "Makefile", "a.zip", "a.unknown"]) {
      assert.equal(refusalOf(name, "", 1), null, name);
    }
  });

  it("what is hidden, and what systems leave in folders", () => {
    for (const name of [".git", ".DS_Store", "__MACOSX", "Thumbs.db", "node_modules"]) {
      assert.ok(isHidden(name), name);
    }
    for (const name of ["a.md", "notes", "…"]) assert.equal(isHidden(name), false, name);
  });
});
