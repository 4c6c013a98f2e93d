import Foundation
import NIOCore
import Synchronization
import Testing

@testable import App

/// The log of a run and its readers, without a network.
@Suite struct RunLogTests {
  private func makeLog(tokens: Int) -> RunLog {
    let log = RunLog(time: .system)
    for index in 0..<tokens { log.append(.token("t\(index) ")) }
    return log
  }

  private func text(_ chunk: RunLog.Chunk) throws -> (text: String, lastID: Int) {
    guard case .frames(let frames, let lastID, _) = chunk else { throw Unexpected() }
    return (String(buffer: frames.bytes), lastID)
  }

  private struct Unexpected: Error {}

  /// The ids and the texts of frames.
  private func tokens(_ frames: String) throws -> [(id: Int, text: String)] {
    try frames.components(separatedBy: "\n\n").compactMap { try WireEvent(block: $0) }.map {
      ($0.id, $0.text ?? "")
    }
  }

  @Test("A reader that keeps up, or nearly, gets a frame for each token")
  func nearReader() throws {
    let log = makeLog(tokens: RunLog.joinThreshold)
    let (frames, lastID) = try text(log.read(after: 0))
    #expect(lastID == RunLog.joinThreshold)
    #expect(try tokens(frames).map(\.id) == Array(1...RunLog.joinThreshold))
  }

  @Test(
    "A lagging reader gets tokens joined; the id is that of the last, and no character is lost or repeated")
  func laggingReader() throws {
    let log = makeLog(tokens: 500)
    for after in [0, 1, 250, 400] {
      let (frames, lastID) = try text(log.read(after: after))
      let joined = try tokens(frames)
      #expect(joined.count == 1)
      #expect(joined.last?.id == 500)
      #expect(lastID == 500)
      #expect(joined.map(\.text).joined() == (after..<500).map { "t\($0) " }.joined())
    }
  }

  @Test("Tokens are not joined over an event between them")
  func eventsBetweenTokens() throws {
    let log = makeLog(tokens: 100)
    log.append(.stageStarted(.generation))
    for index in 100..<200 { log.append(.token("t\(index) ")) }
    let (frames, _) = try text(log.read(after: 50))
    let events = try frames.components(separatedBy: "\n\n").compactMap { try WireEvent(block: $0) }
    #expect(events.map(\.type) == ["token", "generation_start", "token"])
    #expect(events.map(\.id) == [100, 101, 201])
    #expect(events.text == (50..<200).map { "t\($0) " }.joined())
  }

  @Test("A long backlog is read in pieces of bounded size")
  func boundedPieces() throws {
    let log = RunLog(time: .system)
    let piece = String(repeating: "x", count: 1_000)
    for _ in 0..<1_000 { log.append(.token(piece)) }
    var (position, length, reads) = (0, 0, 0)
    while position < 1_000 {
      let (frames, lastID) = try text(log.read(after: position, limit: 100_000))
      #expect(frames.utf8.count < 250_000)
      length += try tokens(frames).map(\.text.utf8.count).reduce(0, +)
      (position, reads) = (lastID, reads + 1)
    }
    #expect(length == 1_000_000)
    #expect(reads >= 8)
  }

  @Test("Nothing follows the terminal event")
  func terminal() {
    let log = makeLog(tokens: 1)
    log.append(.cancelled(messageID: UUID(), reason: .user))
    log.append(.token("late"))
    #expect(log.lastID == 2)
    #expect(log.text == "t0 ")
    guard case .ended = log.read(after: 2) else { return #expect(Bool(false), "the log has ended") }
  }

  @Test("A detached reader stops waiting")
  func detach() async {
    let run = Run(
      id: UUID(), sessionID: UUID(), fingerprint: RunFingerprint(message: "x"), log: RunLog(time: .system))
    let reader = RunReader(run: run, after: 0)
    async let frames = reader.nextFrames()
    async let end: Void = reader.waitForEnd()
    reader.detach()
    #expect(await frames == nil, "nothing was appended")
    await end
  }

  @Test("Readers are told of what is appended, until they unfollow")
  func observers() {
    let run = Run(
      id: UUID(), sessionID: UUID(), fingerprint: RunFingerprint(message: "x"), log: RunLog(time: .system))
    let reader = RunReader(run: run, after: 0)
    let observer = CountingObserver()
    run.log.append(.token("before"))
    reader.follow(with: observer)
    run.log.append(.token("a"))
    run.log.append(.token("b"))
    #expect(observer.changes.load(ordering: .relaxed) == 2)
    reader.unfollow()
    run.log.append(.token("c"))
    #expect(observer.changes.load(ordering: .relaxed) == 2)
  }

  @Test("The newest event is encoded once, however many readers it goes to")
  func sharedFrame() throws {
    let log = makeLog(tokens: 3)
    func newest() throws -> EventFrames {
      guard case .frames(let frames, 3, hasMore: false) = log.read(after: 2) else { throw Unexpected() }
      return frames
    }
    let (first, second) = try (newest(), newest())
    let addresses = [first, second].map { frames in
      frames.httpChunk.withUnsafeReadableBytes { $0.baseAddress }
    }
    #expect(addresses[0] == addresses[1])
  }

  @Test("Frames stand in one chunk of HTTP's chunked coding", arguments: [0, 1, 14, 15, 16, 300, 70_000])
  func chunkedCoding(length: Int) {
    let text = String(repeating: "x", count: length + 1)
    let frames = EventFrames(capacity: 1) { $0.writeString(text) }
    let expected = String(length + 1, radix: 16) + "\r\n" + text + "\r\n"
    #expect(String(buffer: frames.httpChunk) == expected)
    #expect(String(buffer: frames.bytes) == text)
    #expect(frames.byteCount == length + 1)
  }

  private final class CountingObserver: RunLogObserver {
    let changes = Atomic<Int>(0)
    func logChanged() { changes.add(1, ordering: .relaxed) }
    func timePassed(_ now: Duration) {}
  }
}
