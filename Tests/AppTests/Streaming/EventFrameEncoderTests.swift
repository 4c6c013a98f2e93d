import Foundation
import Graph
import NIOCore
import Testing

@testable import App

/// Frames, byte by byte.
@Suite struct EventFrameEncoderTests {
  private func frame(_ event: RunEvent) -> String {
    var buffer = ByteBuffer()
    EventFrameEncoder.append(event, id: 7, milliseconds: 1_767_323_045_678, to: &buffer)
    return String(buffer: buffer)
  }

  @Test("A frame is an id line, one data line and a blank line, LF only")
  func form() {
    #expect(
      frame(.token(" river"))
        == "id: 7\ndata: {\"type\":\"token\",\"content\":\" river\",\"timestamp\":\"2026-01-02T03:04:05.678Z\"}\n\n"
    )
  }

  @Test(
    "Any text survives the way through JSON and one data line",
    arguments: [
      "a\nb\r\nc\rd", "\"quoted\" \\ back", "\u{0}\u{1}\u{1F}\u{7F}", "🌊 Flüße 河", "\u{2028}\u{2029}", "",
      "data: x\n\nid: 9",
    ])
  func escaping(text: String) throws {
    let frame = frame(.token(text))
    #expect(frame.dropLast(2).split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    #expect(!frame.contains("\r"))
    let event = try #require(try WireEvent(block: String(frame.dropLast(2))))
    #expect(event.text == text)
  }

  @Test("The quick way of a token's frame gives the very bytes of the ordinary one")
  func tokenFrames() {
    var random = SystemRandomNumberGenerator()
    let pieces = [
      "a", " river", "\"", "\\", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "ü", "🌊", "河", "/",
    ]
    for length in 0..<200 {
      let text = (0..<length % 40).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let id = Int.random(in: 0...(length % 2 == 0 ? 9 : .max), using: &random)
      let milliseconds = Int64.random(in: -2_208_988_800_000...253_402_300_799_999, using: &random)
      var ordinary = ByteBuffer()
      EventFrameEncoder.append(.token(text), id: id, milliseconds: milliseconds, to: &ordinary)
      var quick = ByteBuffer()
      Array(text.utf8).withUnsafeBufferPointer {
        TokenFrameEncoder.append($0, id: id, milliseconds: milliseconds, to: &quick)
      }
      #expect(String(buffer: quick) == String(buffer: ordinary))
    }
  }

  @Test("Every kind of event has the fields of the protocol")
  func contents() throws {
    let id = UUID()
    let failure = RunFailure(.modelRateLimited, "Wait.", messageID: id, retryAfter: .seconds(7))
    let error = try #require(try WireEvent(block: String(frame(.error(failure)).dropLast(2))))
    #expect(error["code"] == "MODEL_RATE_LIMITED")
    #expect(error["retry_after_ms"] == 7_000)
    #expect(error["message_id"] == id.wireString)
    let snapshot = try #require(
      try WireEvent(
        block: String(frame(.snapshot(text: "so far", stage: .generation, sources: [])).dropLast(2))))
    #expect(snapshot["text"] == "so far")
    #expect(snapshot["stage"] == "generation")
    let cancelled = try #require(
      try WireEvent(block: String(frame(.cancelled(messageID: id, reason: .disconnected)).dropLast(2))))
    #expect(cancelled["reason"] == "disconnected")
  }

  @Test("Timestamps are right far from today, too")
  func timestamps() throws {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    var milliseconds: Int64 = -2_208_988_800_000
    while milliseconds < 4_102_444_800_000 {
      let text = WireTimestamp.string(milliseconds: milliseconds)
      let seconds = try #require(formatter.date(from: text)).timeIntervalSince1970
      #expect((seconds * 1_000).rounded() == Double(milliseconds))
      milliseconds += 86_400_000 * 97 + 3_723_004
    }
  }

  @Test("Retryable is what the table of error codes says")
  func retryable() {
    let final = RunFailure.Code.allCases.filter { !$0.isRetryable }
    #expect(Set(final) == [.modelRejected, .contextTooLong])
  }
}
