import Foundation
import Graph
import NIOCore
import Testing

@testable import App

/// What is written of a log is what is read.
@Suite struct RunLogCodecTests {
  private static let source = Source(
    number: 1, documentID: UUID(), chunkID: UUID(), title: "A “title”", locator: "§ 1", snippet: "…",
    score: 0.5)

  private static let events: [RunEvent] = [
    .metadata(
      RunMetadata(
        sessionID: UUID(), runID: UUID(), messageID: UUID(), parentID: UUID(),
        model: ModelDescriptor(provider: "openai", model: "m", contextTokens: 4_096))),
    .queued(position: 3), .stageStarted(.reranking, candidates: 7),
    .stageCompleted(.routing, StageResult(durationMS: 1.25, agent: .documents)), .sources([source]),
    .token(" river\n"), .token("🛶"), .token("e\u{301}"), .token(String(repeating: "long ", count: 500)),
    .snapshot(text: "So far", stage: .generation, sources: [source]),
    .done(
      RunCompletion(
        messageID: UUID(), finishReason: .length, usage: TokenUsage(promptTokens: 1, completionTokens: 2),
        timings: AnswerTimings(firstTokenMS: nil, totalMS: 3))),
    .cancelled(messageID: UUID(), reason: .shutdown),
    .error(RunFailure(.modelRateLimited, "Wait.", messageID: UUID(), retryAfter: .seconds(3))),
  ]

  @Test("Every event comes back as it was, with its id and its time, also when the clock was set back")
  func roundTrip() throws {
    let logged = Self.events.enumerated().map { index, event in
      LoggedEvent(
        id: 41 + index, milliseconds: 1_790_000_000_000 + [0, 5, -3_600_000, 86_400_000][index % 4],
        event: event)
    }
    let payload = try RunLogCodec.encode(logged)
    #expect(try RunLogCodec.decode(payload, firstID: 41) == logged)
    // A slice of other data has indices that do not begin at 0.
    #expect(try RunLogCodec.decode((Data([9, 9]) + payload).dropFirst(2), firstID: 41) == logged)
  }

  @Test("The frames of a stored event are those that were sent live")
  func sameFrames() throws {
    for event in Self.events {
      let logged = LoggedEvent(id: 7, milliseconds: 1_790_000_000_123, event: event)
      let read = try RunLogCodec.decode(try RunLogCodec.encode([logged]), firstID: 7)
      #expect(read.map(\.frame) == [logged.frame])
    }
  }

  @Test("What a failure keeps for the server's log is not stored")
  func noDetails() throws {
    var failure = RunFailure(.internalError, "Sorry.")
    failure.detail = "/secret/path"
    let payload = try RunLogCodec.encode([LoggedEvent(id: 1, milliseconds: 0, event: .error(failure))])
    #expect(!String(decoding: payload, as: UTF8.self).contains("secret"))
  }

  @Test("A payload that is cut anywhere, changed, or of another version is an error and never a crash")
  func damage() throws {
    let logged = Self.events.enumerated().map { LoggedEvent(id: $0 + 1, milliseconds: 5, event: $1) }
    let payload = try RunLogCodec.encode(logged)
    for length in 0..<payload.count {
      // A cut between two events cannot be told from a shorter batch.
      let read = try? RunLogCodec.decode(payload.prefix(length), firstID: 1)
      #expect(read.map { $0.count < logged.count } ?? true)
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var damaged = payload
      damaged[Int.random(in: 0..<payload.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      _ = try? RunLogCodec.decode(damaged, firstID: 1)
    }
    #expect(throws: RunLogCodec.Unreadable.self) { try RunLogCodec.decode(Data([2, 0, 0, 0]), firstID: 1) }
    #expect(throws: RunLogCodec.Unreadable.self) { try RunLogCodec.decode(Data(), firstID: 1) }
  }

  @Test("A token costs three bytes more than its text")
  func size() throws {
    let tokens = (1...100).map { LoggedEvent(id: $0, milliseconds: Int64($0) * 20, event: .token(" river")) }
    #expect(try RunLogCodec.encode(tokens).count <= 1 + 100 * (6 + 3))
  }
}

extension LoggedEvent {
  fileprivate var frame: String {
    var buffer = ByteBuffer()
    EventFrameEncoder.append(event, id: id, milliseconds: milliseconds, to: &buffer)
    return String(buffer: buffer)
  }
}
