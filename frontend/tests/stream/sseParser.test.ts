import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SSEParser, SSEParserError, type ServerSentEvent } from "../../src/stream/sseParser";
import { loadFixtures } from "../support/fixtures";
import { randomSplit, seededRandom } from "../support/random";

interface Parsed {
  events: ServerSentEvent[];
  comments: string[];
  retry: number | null;
}

function parse(chunks: Uint8Array[], limit?: number): Parsed {
  const parsed: Parsed = { events: [], comments: [], retry: null };
  const parser = new SSEParser(
    {
      onEvent: (event) => parsed.events.push(event),
      onComment: (text) => parsed.comments.push(text),
      onRetry: (milliseconds) => (parsed.retry = milliseconds),
    },
    limit,
  );
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return parsed;
}

/**
 * The specification read word for word over the whole decoded text: slow, simple, and the judge of the
 * parser.
 */
function reference(bytes: Uint8Array): Parsed {
  const parsed: Parsed = { events: [], comments: [], retry: null };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/^\uFEFF/, "");
  const lines = text.split(/\r\n|\r|\n/);
  lines.pop(); // What follows the last line end is not a line.
  let [data, type, id] = ["", "", ""];
  for (const line of lines) {
    if (line === "") {
      if (data !== "") parsed.events.push({ event: type || "message", data: data.slice(0, -1), id });
      [data, type] = ["", ""];
      continue;
    }
    const [, name = "", value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (line.startsWith(":")) parsed.comments.push(line.slice(1));
    else if (name === "data") data += `${value}\n`;
    else if (name === "event") type = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) parsed.retry = Number(value);
  }
  return parsed;
}

const encode = (text: string) => new TextEncoder().encode(text);
const fixtures = loadFixtures<{ events: ServerSentEvent[]; retry: number | null }>("sse", "txt");

describe("the recorded event streams", () => {
  it("are there", () => assert.ok(fixtures.length >= 10, `only ${fixtures.length} fixtures`));

  for (const { name, bytes, expected } of fixtures) {
    it(`${name}: whole, byte by byte and cut at random`, () => {
      const random = seededRandom(bytes.length);
      const cuts = [[bytes], [...bytes].map((byte) => Uint8Array.of(byte)), randomSplit(bytes, random)];
      for (const chunks of cuts) {
        const { events, retry } = parse(chunks);
        assert.deepEqual({ events, retry }, { events: expected.events, retry: expected.retry });
      }
      assert.deepEqual(reference(bytes).events, expected.events, "the reference parser");
    });
  }
});

describe("any split of any byte stream", () => {
  const pieces = [
    ...[
      "data",
      "event",
      "id",
      "retry",
      "other",
      ":",
      ": ",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "\r\r",
      "\r\n\r\n",
      " ",
    ],
    ...[
      "1",
      "1000",
      "x",
      "{}",
      "ü",
      "漢",
      "🌊",
      "\u2028",
      "\uFEFF",
      "\0",
      "data: a",
      "data:",
      "id: 7",
      ": heartbeat",
    ],
  ].map(encode);
  pieces.push(
    Uint8Array.of(0xff),
    Uint8Array.of(0xe6, 0xbc),
    Uint8Array.of(0xf0, 0x9f),
    Uint8Array.of(0xef, 0xbb),
  );

  it("gives the events of the specification (3,000 random streams, each cut twice)", () => {
    const random = seededRandom(20260102);
    for (let round = 0; round < 3000; round += 1) {
      const bytes = Uint8Array.from(
        Array.from({ length: Math.floor(random() * 40) }, () =>
          Array.from(pieces[Math.floor(random() * pieces.length)] ?? []),
        ).flat(),
      );
      const expected = reference(bytes);
      for (const chunks of [[bytes], randomSplit(bytes, random)]) {
        assert.deepEqual(parse(chunks), expected, `round ${round}: ${JSON.stringify([...bytes])}`);
      }
    }
  });
});

describe("bounded buffers", () => {
  it("a line without end is an error, not memory", () => {
    const flood = () =>
      parse(
        Array.from({ length: 100 }, () => encode("x".repeat(100))),
        1000,
      );
    assert.throws(flood, (error) => error instanceof SSEParserError);
  });

  it("an event without end is an error", () => {
    const flood = () => parse([encode("data: x\n".repeat(1000))], 1000);
    assert.throws(flood, (error) => error instanceof SSEParserError);
  });

  it("a complete line at the limit is read", () => {
    const line = `data: ${"x".repeat(900)}`;
    assert.equal(
      parse([encode(line.slice(0, 500)), encode(`${line.slice(500)}\n\n`)], 1000).events.length,
      1,
    );
  });
});

describe("comments", () => {
  it("are reported as they come, before any event is complete", () => {
    const seen: string[] = [];
    const parser = new SSEParser({ onEvent: () => seen.push("event"), onComment: (text) => seen.push(text) });
    parser.push(encode("data: half\n: heartbeat\n"));
    assert.deepEqual(seen, [" heartbeat"]);
    parser.push(encode("\n"));
    assert.deepEqual(seen, [" heartbeat", "event"]);
  });
});
