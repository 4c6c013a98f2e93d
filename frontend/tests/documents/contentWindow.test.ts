import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProblemError, UnreachableError } from "../../src/api/errors";
import { ContentWindow, PART } from "../../src/documents/contentWindow";
import type { ContentAnchor } from "../../src/documents/documentsAPI";
import type { ContentPart } from "../../src/types/documents";
import { settle } from "../support/fakeEnvironment";
import { document } from "./samples";

const SIZE = 1000;
const LENGTH = 200 * SIZE;

/** The part of a long text of equal blocks that a server gives: whole blocks, as many as begin in the range. */
function part(from: number, limit: number, highlight: ContentPart["highlight"] = null): ContentPart {
  const first = Math.floor(from / SIZE);
  const last = Math.min(LENGTH / SIZE, Math.ceil((from + limit) / SIZE));
  const blocks = Array.from({ length: last - first }, (_, index) => ({
    kind: "paragraph" as const,
    level: null,
    start: (first + index) * SIZE,
    end: (first + index + 1) * SIZE,
    page: null,
    text: `Block ${first + index}`,
  }));
  const [start, end] = [first * SIZE, last * SIZE];
  return { document: document("a"), from: start, to: end, length: LENGTH, highlight, blocks };
}

class Bench {
  readonly asked: { anchor: ContentAnchor; limit: number | undefined }[] = [];
  failure: unknown = null;
  exists = false;
  /** Bytes that the server gives beyond what was asked for. */
  excess = 0;
  readonly window = new ContentWindow(
    {
      content: async (_, anchor, limit) => {
        this.asked.push({ anchor, limit });
        if (this.failure !== null) throw this.failure;
        if ("from" in anchor) return part(anchor.from, (limit ?? PART) + this.excess);
        const highlight = { start: 100 * SIZE, end: 101 * SIZE, page: null };
        return part(90 * SIZE, PART, highlight);
      },
      get: async () => {
        if (!this.exists) throw notFound("NOT_FOUND");
        return document("a", { status: "queued" });
      },
    },
    "a",
  );

  get state() {
    return this.window.getState();
  }

  get range(): string {
    const { blocks } = this.state;
    return `${blocks[0]?.text} – ${blocks[blocks.length - 1]?.text} (${blocks.length})`;
  }
}

const notFound = (code: string) =>
  new ProblemError({ status: 404, title: "T", detail: "It is not there.", code, retryable: false });

describe("a document's text", () => {
  it("is opened around a passage and grows both ways without doubling a block", async () => {
    const bench = new Bench();
    await bench.window.open({ chunk: "c" });
    assert.equal(bench.range, "Block 90 – Block 109 (20)");
    assert.deepEqual(bench.state.highlight?.start, 100 * SIZE);
    await bench.window.more("up");
    await bench.window.more("down");
    assert.equal(bench.range, "Block 70 – Block 129 (60)");
    assert.equal(new Set(bench.state.blocks.map(({ start }) => start)).size, 60);
    assert.equal(bench.state.opened, 1, "growing is no new opening");
  });

  it("a server that gives more than was asked for doubles nothing", async () => {
    const bench = new Bench();
    await bench.window.open({ chunk: "c" });
    bench.excess = 2 * SIZE;
    await bench.window.more("up");
    await bench.window.more("down");
    assert.equal(bench.range, "Block 70 – Block 131 (62)");
  });

  it("stops at its ends", async () => {
    const bench = new Bench();
    await bench.window.open({ from: 0 });
    await bench.window.more("up");
    assert.equal(bench.asked.length, 1);
    for (let round = 0; round < 20; round += 1) await bench.window.more("down");
    assert.equal(bench.range, "Block 0 – Block 199 (200)");
    assert.equal(bench.asked.length, 10, "nothing is asked beyond the end");
  });

  it("asks for one part at a time, and again after one that failed", async () => {
    const bench = new Bench();
    await bench.window.open({ from: 0 });
    void bench.window.more("down");
    void bench.window.more("down");
    await settle();
    assert.equal(bench.asked.length, 2);
    bench.failure = new UnreachableError("Away.");
    await bench.window.more("down");
    assert.equal(bench.state.status, "ready", "what is there stays");
    bench.failure = null;
    await bench.window.more("down");
    assert.equal(bench.range, "Block 0 – Block 59 (60)");
  });

  it("tells a passage that is gone from a document that is, and both from a server that is away", async () => {
    const bench = new Bench();
    for (const [failure, gone] of [
      [notFound("PASSAGE_GONE"), "passage"],
      [notFound("NOT_FOUND"), "document"],
      [new UnreachableError("Away."), null],
    ] as const) {
      bench.failure = failure;
      await bench.window.open({ chunk: "c" });
      assert.deepEqual([bench.state.status, bench.state.gone], ["failed", gone]);
    }
  });

  it("a document that has no text yet is not gone", async () => {
    const bench = new Bench();
    bench.failure = notFound("NOT_FOUND");
    bench.exists = true;
    await bench.window.open({ from: 0 });
    const { status, gone, blocks } = bench.state;
    assert.deepEqual(
      [status, gone, blocks.length, bench.state.document?.status],
      ["ready", null, 0, "queued"],
    );
  });

  it("an answer to an older wish is dropped", async () => {
    const bench = new Bench();
    void bench.window.open({ from: 50 * SIZE });
    await bench.window.open({ from: 0 });
    await settle();
    assert.equal(bench.range, "Block 0 – Block 19 (20)");
  });
});
