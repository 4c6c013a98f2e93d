import Foundation
import Graph

/// Decodes the response to a streaming chat completion: an event stream, one JSON object from servers that do
/// not stream, or an error.
struct ChatStreamDecoder: ResponseDecoder {
  private enum Body {
    /// Nothing that tells an event stream from JSON has come yet.
    case undecided
    case events
    case json
    /// The response's status is not 2xx.
    case failure
  }

  private let failures: UpstreamFailure
  private let now: @Sendable () -> Date
  private var parser: EventStreamParser
  private var body = Body.undecided
  private var head = HTTPResponseHead(status: 0)
  private var collected: [UInt8] = []
  private var finishReason: FinishReason?
  private(set) var isComplete = false

  /// Of an error only the beginning is read.
  private static let failureLimit = 4 * 1024

  init(failures: UpstreamFailure, frameLimit: Int, now: @escaping @Sendable () -> Date) {
    self.failures = failures
    self.now = now
    parser = EventStreamParser(limit: frameLimit)
  }

  mutating func receive(_ head: HTTPResponseHead, into batch: inout [ModelEvent]) throws {
    self.head = head
    let type = head["content-type"]?.lowercased() ?? ""
    if !(200..<300).contains(head.status) {
      body = .failure
    } else if type.hasPrefix("text/event-stream") {
      body = .events
      batch.append(.activity)
    } else if type.hasPrefix("text/html") {
      throw failures.malformed("a page of HTML with status \(head.status)")
    }
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [ModelEvent]) throws {
    if isComplete { return }
    switch body {
    case .undecided:
      guard let first = bytes.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) else { return }
      body = first == UInt8(ascii: "{") ? .json : .events
      try receive(bytes, into: &batch)
    case .events: try parse(bytes, into: &batch)
    case .json:
      guard collected.count + bytes.count <= parser.limit else {
        throw failures.malformed("a body longer than \(parser.limit) bytes")
      }
      collected.append(contentsOf: bytes)
    case .failure:
      collected.append(contentsOf: bytes.prefix(Self.failureLimit - collected.count))
      if collected.count == Self.failureLimit { throw failure() }
    }
  }

  mutating func finish(_ error: HTTPTransportError?, into batch: inout [ModelEvent]) throws {
    if body == .failure { throw failure() }
    if let error, finishReason == nil { throw failures.error(error) }
    if body == .json {
      let chunk = try collected.withUnsafeBytes { try self.chunk(parsing: $0) }
      try append(chunk, to: &batch)
      complete(&batch)
    } else if finishReason != nil {
      // Some servers end the connection in place of sending [DONE].
      complete(&batch)
    } else {
      throw failures.error(HTTPTransportError(kind: .brokenOff, detail: "the stream ended without [DONE]"))
    }
  }

  private func failure() -> ModelError {
    failures.error(
      status: head.status, body: collected, retryAfter: RetryAfter.duration(head, now: now()))
  }

  private mutating func parse(_ bytes: UnsafeRawBufferPointer, into batch: inout [ModelEvent]) throws {
    // Taken out, because the closure changes the rest of this value.
    var parser = EventStreamParser(limit: self.parser.limit)
    swap(&parser, &self.parser)
    defer { swap(&parser, &self.parser) }
    do {
      try parser.parse(bytes) { item in
        switch item {
        case .event(let frame): try receive(frame, into: &batch)
        case .comment: batch.appendActivity()
        case .retry: break
        }
      }
    } catch let error as EventStreamError {
      throw failures.malformed(error.description)
    }
  }

  private mutating func receive(_ frame: EventStreamFrame, into batch: inout [ModelEvent]) throws {
    if isComplete { return }
    if frame.data.elementsEqual("[DONE]".utf8) { return complete(&batch) }
    try append(try chunk(parsing: frame.data), to: &batch)
  }

  private func chunk(parsing bytes: UnsafeRawBufferPointer) throws -> ChatChunk {
    do {
      return try ChatChunk(parsing: bytes)
    } catch {
      throw failures.malformed("not JSON: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
    }
  }

  private mutating func append(_ chunk: ChatChunk, to batch: inout [ModelEvent]) throws {
    if let error = chunk.error { throw failures.error(inStream: error) }
    if chunk.text.isEmpty { batch.appendActivity() } else { batch.append(.text(chunk.text)) }
    if let usage = chunk.usage { batch.append(.usage(usage)) }
    finishReason = chunk.finishReason ?? finishReason
  }

  private mutating func complete(_ batch: inout [ModelEvent]) {
    isComplete = true
    batch.append(.finished(finishReason ?? .stop))
  }
}

extension [ModelEvent] {
  /// One sign of life is as good as many.
  fileprivate mutating func appendActivity() {
    if last != .activity { append(.activity) }
  }
}
