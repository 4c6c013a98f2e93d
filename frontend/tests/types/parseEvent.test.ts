import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseEvent } from "../../src/types/parseEvent";
import { readProblem } from "../../src/types/parseRest";
import { loadFixtures } from "../support/fixtures";
import { seededRandom } from "../support/random";
import { SSEParser } from "../../src/stream/sseParser";

const event = (type: string, content: unknown) => parseEvent(JSON.stringify({ type, content }));

describe("the edge", () => {
  it("reads every event of every recorded stream", () => {
    const types = new Set<string>();
    for (const { name, bytes } of loadFixtures("streams", "sse")) {
      const parser = new SSEParser({
        onEvent({ data }) {
          const parsed = parseEvent(data);
          assert.notEqual(parsed.kind, "malformed", `${name}: ${data}`);
          if (parsed.kind !== "event") return;
          types.add(parsed.event.type);
          assert.deepEqual(
            parsed.event.content,
            JSON.parse(data).content,
            "nothing of it is lost or changed",
          );
          assert.ok(parsed.event.timestamp !== null);
        },
      });
      parser.push(bytes);
    }
    assert.equal(types.size, 16, `every type of the protocol is recorded: ${[...types].join(", ")}`);
  });

  it("ignores types it does not know, and keys it does not know", () => {
    assert.deepEqual(event("tool_start", { a: 1 }), { kind: "unknown", type: "tool_start" });
    const parsed = parseEvent('{"type":"token","content":"a","extra":{"b":1}}');
    assert.deepEqual(parsed, { kind: "event", event: { type: "token", content: "a", timestamp: null } });
  });

  it("a known type with other contents is malformed, and says why", () => {
    const cases: [string, unknown, RegExp][] = [
      ["token", 7, /token's content/],
      ["token", null, /token's content/],
      ["metadata", { session_id: "s" }, /run_id/],
      ["metadata", "text", /not an object/],
      ["sources", { sources: {} }, /not a list/],
      ["sources", { sources: [{ number: "1" }] }, /number/],
      ["snapshot", { text: "a", stage: "thinking", sources: [] }, /stage is "thinking"/],
      ["routing_start", { stage: "retrieval", status: "started" }, /stage/],
      ["retrieval_complete", { stage: "retrieval", status: "complete" }, /duration_ms/],
      ["cancelled", { message_id: "m", reason: "boredom" }, /reason/],
      ["error", { code: "X", message: "m" }, /retryable/],
      ["done", { message_id: "m" }, /finish_reason/],
    ];
    for (const [type, content, reason] of cases) {
      const parsed = event(type, content);
      assert.equal(parsed.kind, "malformed", `${type} ${JSON.stringify(content)}`);
      if (parsed.kind === "malformed") assert.match(parsed.reason, reason);
    }
  });

  it("a source may say where it stands, and that its document is gone; an older one does not", () => {
    const source = {
      number: 1,
      document_id: "d",
      chunk_id: "c",
      title: "T",
      locator: "",
      snippet: "s",
      score: 1,
    };
    const read = (more: object) => {
      const parsed = event("sources", { sources: [{ ...source, ...more }] });
      return parsed.kind === "event" && parsed.event.type === "sources"
        ? parsed.event.content.sources[0]
        : null;
    };
    assert.deepEqual(read({}), source);
    const place = { page: 3, start: 10, end: 20, removed: true };
    assert.deepEqual(read(place), { ...source, ...place });
    assert.deepEqual(read({ page: null, removed: false }), { ...source, page: null });
  });

  it("a warning has its stage and its sentence", () => {
    const content = { stage: "reranking", message: "The reranker failed." };
    assert.deepEqual(event("warning", content), {
      kind: "event",
      event: { type: "warning", content, timestamp: null },
    });
    assert.equal(event("warning", { stage: "reranking" }).kind, "malformed");
  });

  it("never throws, whatever the data is", () => {
    const random = seededRandom(11);
    const values = [null, true, 0, -1, "", "x", [], {}, [[]], { stage: null }, { sources: [null] }];
    const types = [
      "token",
      "metadata",
      "sources",
      "snapshot",
      "done",
      "cancelled",
      "error",
      "routing_start",
      "__proto__",
    ];
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)];
    for (let round = 0; round < 2000; round += 1) {
      const data =
        JSON.stringify({ type: pick(types), content: pick(values), timestamp: pick(values) }) ?? "";
      parseEvent(random() < 0.3 ? data.slice(0, Math.floor(random() * data.length)) : data);
    }
  });
});

describe("problems", () => {
  it("carry their sentence and what belongs to their code", () => {
    const document = {
      type: "about:blank",
      title: "Conflict",
      status: 409,
      detail: "Busy.",
      code: "RUN_ACTIVE",
      run_id: "r",
    };
    const problem = readProblem({ ...document, retryable: true });
    assert.deepEqual([problem.detail, problem.run_id, problem.retryable], ["Busy.", "r", true]);
    assert.equal(readProblem(document).retryable, false);
  });
});
