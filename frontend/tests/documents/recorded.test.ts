import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { overlapOf, piecesOf } from "../../src/documents/highlight";
import * as read from "../../src/types/parseDocuments";
import { readSearch } from "../../src/types/parseSearch";
import { repository } from "../support/fixtures";

const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(join(repository, "Tests/Fixtures/documents", `${name}.json`), "utf8"));

describe("answers of a real server", () => {
  const readers: [string, (json: unknown) => unknown][] = [
    ["receipt", read.readReceipt],
    ["list", read.readDocumentPage],
    ["chunks", read.readChunkPage],
    ["content", read.readContent],
    ["content-pages", read.readContent],
    ["page", read.readPageInfo],
  ];
  for (const [name, reader] of readers) {
    it(`${name}: nothing of it is lost or changed`, () => {
      assert.deepEqual(reader(recorded(name)), recorded(name));
    });
  }

  it("search: every candidate is read whole", () => {
    const json = recorded("search") as { passages: unknown };
    const answer = readSearch(json);
    assert.deepEqual(answer.passages, json.passages);
    assert.ok(answer.passages.some(({ kept }) => kept));
  });

  it("the highlighted span is the passage, to the byte", () => {
    const { blocks, highlight } = read.readContent(recorded("content"));
    const chunk = read.readChunkPage(recorded("chunks")).chunks[1];
    assert.ok(highlight && chunk);
    const shown = blocks
      .filter((block) => overlapOf(block, highlight) !== "none")
      .flatMap((block) => piecesOf(block, highlight))
      .filter(({ isMarked }) => isMarked)
      .map(({ text }) => text);
    assert.equal(shown.join("").replaceAll(/\s/g, ""), chunk.text.replaceAll(/\s/g, ""));
  });

  it("a failed document says why, and what to do", () => {
    const { documents } = read.readDocumentPage(recorded("list"));
    const failed = documents.find(({ status }) => status === "failed");
    assert.match(failed?.error?.message ?? "", /^[A-Z].*\.$/);
  });
});
