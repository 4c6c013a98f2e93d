import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProblemError, UnreachableError } from "../../src/api/errors";
import { PARALLEL, Uploads } from "../../src/documents/uploads";
import type { ChosenFile } from "../../src/documents/uploadBatches";
import type { UploadReceipt } from "../../src/types/documents";
import { FakeBrowser, FakeEnvironment, settle } from "../support/fakeEnvironment";
import { document } from "./samples";

interface Request {
  readonly names: string[];
  readonly progress: (sent: number) => void;
  readonly signal: AbortSignal;
  answer(receipt: Partial<UploadReceipt>): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** The uploads of a page and the requests that they make, which the test answers. */
class Bench {
  readonly environment = new FakeEnvironment(async () => new Response(), new FakeBrowser());
  readonly requests: Request[] = [];
  readonly receipts: UploadReceipt[] = [];
  readonly uploads = new Uploads(
    this.environment,
    {
      upload: (files, progress, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
          this.requests.push({
            names: files.map(({ name }) => name),
            progress,
            signal,
            answer: async (receipt) => {
              resolve({ documents: [], failures: [], unchanged: [], ...receipt });
              await settle();
            },
            fail: async (error) => {
              reject(error);
              await settle();
            },
          });
        }),
    },
    { changed() {}, taken: (receipt) => this.receipts.push(receipt) },
  );

  get states(): string[] {
    return this.uploads.items.map(({ name, status }) => `${name} ${status}`);
  }

  request(index: number): Request {
    const request = this.requests[index];
    assert.ok(request, `only ${this.requests.length} requests were made`);
    return request;
  }
}

const file = (name: string, size = 10): ChosenFile => ({ name, file: new File(["x".repeat(size)], name) });
/** Each of these needs a request of its own. */
const large = (name: string): ChosenFile => file(name, 3 * 1024 * 1024);
const problem = (status: number, retryable = false) =>
  new ProblemError({ status, title: "T", detail: "It was refused.", code: "X", retryable });

describe("uploads", () => {
  it("small files go in one request and become documents", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md"), file("b.md")]);
    assert.deepEqual(bench.requests[0]?.names, ["a.md", "b.md"]);
    assert.deepEqual(bench.states, ["a.md sending", "b.md sending"]);
    await bench.request(0).answer({ documents: [document("1"), document("2")] });
    assert.deepEqual(bench.states, ["a.md taken", "b.md taken"]);
    assert.equal(bench.receipts.length, 1);
    assert.equal(bench.uploads.isBusy, false);
  });

  it("at most three requests are under way, and the next begins when one is over", async () => {
    const bench = new Bench();
    bench.uploads.add(["a", "b", "c", "d", "e"].map(large));
    assert.equal(bench.requests.length, PARALLEL);
    await bench.request(1).answer({});
    assert.deepEqual(
      bench.requests.map(({ names }) => names[0]),
      ["a", "b", "c", "d"],
    );
  });

  it("the share of each file is told once a frame", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md", 100), file("b.md", 100)]);
    bench.request(0).progress(50);
    bench.request(0).progress(150);
    assert.deepEqual(
      bench.uploads.items.map(({ share }) => share),
      [0, 0],
    );
    await bench.environment.advance(16);
    assert.deepEqual(
      bench.uploads.items.map(({ share }) => share),
      [1, 0.5],
    );
  });

  it("what the server refuses has its sentence, what it has already its document, the others go on", async () => {
    const bench = new Bench();
    bench.uploads.add([file("f/a.md"), file("b.xyz"), file("c.md")]);
    await bench.request(0).answer({
      failures: [{ source: "b.xyz", error: { code: "UNSUPPORTED_FORMAT", message: "It cannot be read." } }],
      unchanged: [{ source: "prefix/c.md", document_id: "known" }],
    });
    assert.deepEqual(bench.states, ["f/a.md taken", "b.xyz failed", "c.md unchanged"]);
    assert.equal(bench.uploads.items[1]?.message, "It cannot be read.");
    assert.equal(bench.uploads.items[2]?.documentId, "known");
  });

  it("a refused request is sent again file by file, so that one does not take the others with it", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md"), file("b.md")]);
    await bench.request(0).fail(problem(415));
    assert.deepEqual(
      bench.requests.slice(1).map(({ names }) => names),
      [["a.md"], ["b.md"]],
    );
    await bench.request(1).fail(problem(415));
    await bench.request(2).answer({});
    assert.deepEqual(bench.states, ["a.md failed", "b.md taken"]);
    assert.equal(bench.uploads.items[0]?.message, "It was refused.");
  });

  it("after a lost connection one request asks again, later and later, and then all go on", async () => {
    const bench = new Bench();
    bench.uploads.add(["a", "b", "c", "d"].map(large));
    for (const index of [0, 1, 2]) await bench.request(index).fail(new UnreachableError("Away."));
    assert.ok(bench.uploads.isWaitingForServer);
    assert.equal(bench.requests.length, 3);
    await bench.environment.advance(4000);
    assert.equal(bench.requests.length, 4, "one finds out whether the server is there");
    await bench.request(3).answer({});
    assert.equal(bench.uploads.isWaitingForServer, false);
    assert.equal(bench.requests.length, 4 + PARALLEL);
    for (const request of bench.requests.slice(4)) await request.answer({});
    assert.deepEqual(
      bench.states.filter((state) => !state.endsWith("taken")),
      [],
    );
  });

  it("goes on at once when the network is back", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md")]);
    await bench.request(0).fail(new UnreachableError("Away."));
    await bench.environment.setOnline(true);
    assert.equal(bench.requests.length, 2);
  });

  it("a full server is asked again when it says", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md")]);
    const busy = new ProblemError({ ...problem(503, true).problem, retry_after_ms: 20_000 });
    await bench.request(0).fail(busy);
    await bench.environment.advance(19_000);
    assert.equal(bench.requests.length, 1);
    await bench.environment.advance(1000);
    assert.equal(bench.requests.length, 2);
  });

  it("what can be sent again is, on demand", async () => {
    const bench = new Bench();
    bench.uploads.add([file("a.md")]);
    await bench.request(0).fail(problem(507, true));
    assert.equal(bench.uploads.items[0]?.isRetryable, true);
    bench.uploads.retry(bench.uploads.items[0]?.id ?? 0);
    assert.equal(bench.requests.length, 2);
    assert.deepEqual(bench.states, ["a.md sending"]);
  });

  it("cancelling ends the requests and sends nothing more", async () => {
    const bench = new Bench();
    bench.uploads.add(["a", "b", "c", "d"].map(large));
    bench.uploads.clear();
    await settle();
    assert.ok(bench.requests.every(({ signal }) => signal.aborted));
    assert.equal(bench.requests.length, 3);
    assert.deepEqual(bench.states, []);
    assert.equal(bench.environment.pendingTimers, 0);
  });

  it("dismissing keeps what is not over", async () => {
    const bench = new Bench();
    bench.uploads.add([
      large("a"),
      large("b"),
      { name: "c.png", file: new File(["x"], "c.png", { type: "image/png" }) },
    ]);
    await bench.request(0).answer({});
    bench.uploads.dismiss();
    assert.deepEqual(bench.states, ["b sending"]);
  });
});
