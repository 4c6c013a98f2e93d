/**
 * A parser of event streams (WHATWG HTML, "9.2.6 Interpreting an event stream") that takes bytes as they
 * come.
 *
 * Lines are cut in the bytes and decoded one by one: CR and LF cannot be part of a multi-byte UTF-8 sequence,
 * so a chunk that ends inside a character, or between CR and LF, needs no care beyond keeping its bytes.
 */

export interface ServerSentEvent {
  /** The value of the last `event` field; "message" when there was none. */
  event: string;
  data: string;
  /** The last id that the stream has given, also with an earlier event; "" when none. */
  id: string;
}

export interface SSEHandlers {
  onEvent(event: ServerSentEvent): void;
  /** A comment's text, without its colon. A heartbeat is one: it shows that the connection lives. */
  onComment?(text: string): void;
  /** The reconnection time that the server asks for, in milliseconds. */
  onRetry?(milliseconds: number): void;
}

/** The stream cannot be read on: a line or an event is larger than the parser is willing to hold. */
export class SSEParserError extends Error {
  override readonly name = "SSEParserError";
}

/**
 * The most bytes that one line, and one event's data, may have. The largest honest event is the snapshot of a
 * long answer: 100,000 tokens are about half a megabyte.
 */
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];

export class SSEParser {
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The bytes of the line that is not complete yet. */
  private partial: Uint8Array[] = [];
  private partialBytes = 0;
  private skipLineFeed = false;
  /** How many bytes of a byte order mark have been seen; null once the start of the stream is past. */
  private bomBytes: number | null = 0;
  private eventType = "";
  private data: string[] = [];
  private dataLength = 0;
  private lastEventId = "";

  constructor(
    private readonly handlers: SSEHandlers,
    private readonly maxEventBytes = MAX_EVENT_BYTES,
  ) {}

  /** Takes the next bytes and calls the handlers for what they complete. Throws `SSEParserError`. */
  push(chunk: Uint8Array): void {
    let bytes = this.bomBytes === null ? chunk : this.dropByteOrderMark(chunk);
    if (this.skipLineFeed && bytes.length > 0) {
      if (bytes[0] === LF) bytes = bytes.subarray(1);
      this.skipLineFeed = false;
    }
    let start = 0;
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index];
      if (byte !== LF && byte !== CR) continue;
      this.takeLine(this.completeLine(bytes.subarray(start, index)));
      if (byte === CR) {
        if (index + 1 === bytes.length) this.skipLineFeed = true;
        else if (bytes[index + 1] === LF) index += 1;
      }
      start = index + 1;
    }
    this.keep(bytes.subarray(start));
  }

  /** The stream is over. An event that no blank line has completed is dropped, as the specification says. */
  end(): void {
    this.partial = [];
    this.partialBytes = 0;
    this.resetEvent();
  }

  /** The first three bytes of a stream are dropped when they are a byte order mark, however they are cut. */
  private dropByteOrderMark(chunk: Uint8Array): Uint8Array {
    for (let index = 0; index < chunk.length; index += 1) {
      const seen: number = this.bomBytes ?? 0;
      if (chunk[index] !== BOM[seen]) {
        this.bomBytes = null;
        if (seen > 0) this.keep(Uint8Array.from(BOM.slice(0, seen)));
        return chunk.subarray(index);
      }
      if (seen + 1 === BOM.length) {
        this.bomBytes = null;
        return chunk.subarray(index + 1);
      }
      this.bomBytes = seen + 1;
    }
    return chunk.subarray(chunk.length);
  }

  private keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.partialBytes += bytes.length;
    if (this.partialBytes > this.maxEventBytes) {
      throw new SSEParserError(`a line of the stream is longer than ${this.maxEventBytes} bytes`);
    }
    // A copy: the caller may use its buffer again.
    this.partial.push(bytes.slice());
  }

  private completeLine(rest: Uint8Array): string {
    if (this.partial.length === 0) return this.decoder.decode(rest);
    const line = new Uint8Array(this.partialBytes + rest.length);
    let offset = 0;
    for (const part of this.partial) {
      line.set(part, offset);
      offset += part.length;
    }
    line.set(rest, offset);
    this.partial = [];
    this.partialBytes = 0;
    return this.decoder.decode(line);
  }

  private takeLine(line: string): void {
    if (line === "") {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) {
      this.handlers.onComment?.(line.slice(1));
      return;
    }
    if (colon < 0) {
      this.takeField(line, "");
      return;
    }
    const valueStart = line[colon + 1] === " " ? colon + 2 : colon + 1;
    this.takeField(line.slice(0, colon), line.slice(valueStart));
  }

  private takeField(name: string, value: string): void {
    switch (name) {
      case "data":
        this.dataLength += value.length + 1;
        if (this.dataLength > this.maxEventBytes) {
          throw new SSEParserError(`an event of the stream is longer than ${this.maxEventBytes} characters`);
        }
        this.data.push(value);
        break;
      case "event":
        this.eventType = value;
        break;
      case "id":
        if (!value.includes("\0")) this.lastEventId = value;
        break;
      case "retry":
        if (/^[0-9]+$/.test(value)) this.handlers.onRetry?.(Number(value));
        break;
      default: // Unknown fields are ignored.
    }
  }

  private dispatch(): void {
    const event = { event: this.eventType || "message", data: this.data.join("\n"), id: this.lastEventId };
    const hasData = this.data.length > 0;
    this.resetEvent();
    if (hasData) this.handlers.onEvent(event);
  }

  private resetEvent(): void {
    this.eventType = "";
    this.data = [];
    this.dataLength = 0;
  }
}
