import Foundation
import NIOCore
import Testing

@testable import App

/// A log whose events cannot be stored, and one that another node has the end of.
@Suite("A log that cannot be stored")
struct HeldLogTests {
  private func makeRun() -> Run {
    Run(
      id: UUID(), sessionID: UUID(), fingerprint: RunFingerprint(message: "", sessionID: nil, parentID: nil),
      log: RunLog(time: .system))
  }

  private func ids(_ frames: ByteBuffer?) throws -> [Int] {
    guard let buffer = frames else { return [] }
    return try String(buffer: buffer).components(separatedBy: "\n\n").compactMap {
      try WireEvent(block: $0)?.id
    }
  }

  @Test("shows readers nothing new while it is held, and everything once it is released")
  func hold() async throws {
    let run = makeRun()
    for word in ["a", "b"] { run.log.append(.token(word)) }
    run.log.hold()
    for word in ["c", "d"] { run.log.append(.token(word)) }
    guard case .frames(_, let lastID, _) = run.log.read(after: 0) else { throw CancellationError() }
    #expect(lastID == 2)
    guard case .pending = run.log.read(after: 2) else { throw CancellationError() }
    #expect(run.log.events(after: 2).count == 2, "what is to be stored is not held back")
    let reader = RunReader(run: run, after: 2)
    async let frames = reader.nextFrames()
    run.log.release()
    #expect(try ids(await frames) == [3, 4])
  }

  @Test("joins no token that is held to those that are not")
  func joining() throws {
    let run = makeRun()
    for index in 1...100 { run.log.append(.token("\(index) ")) }
    run.log.hold()
    for index in 101...200 { run.log.append(.token("\(index) ")) }
    guard case .frames(let frames, let lastID, _) = run.log.read(after: 0) else { throw CancellationError() }
    #expect(lastID == 100)
    #expect(!String(buffer: frames.bytes).contains("101"))
  }

  @Test("ends without a terminal event when it is abandoned: readers come back elsewhere")
  func abandoned() async throws {
    let run = makeRun()
    run.log.append(.token("a"))
    let reader = RunReader(run: run, after: 1)
    async let frames = reader.nextFrames()
    run.abandon()
    #expect(try ids(await frames).isEmpty)
    run.log.append(.token("b"))
    #expect(run.log.lastID == 1)
    #expect(reader.terminalEvent == nil)
    #expect(run.cancellation.value == .shutdown, "the model's connection is closed")
  }

  @Test("stays abandoned however often it is, and so does one whose end nobody has seen")
  func abandonedAgain() async throws {
    let run = makeRun()
    run.log.append(.token("a"))
    run.log.abandon()
    run.log.abandon()
    #expect(run.log.isAbandoned)
    let held = makeRun()
    held.log.append(.token("a"))
    held.log.hold()
    held.log.append(.error(.interrupted(messageID: nil)))
    held.log.abandon()
    held.log.release()
    #expect(held.log.isAbandoned && held.log.terminalEvent == nil)
    let reader = RunReader(run: held, after: 0)
    #expect(try ids(await reader.nextFrames()) == [1])
    #expect(await reader.nextFrames() == nil)
    let seen = makeRun()
    seen.log.append(.error(.interrupted(messageID: nil)))
    seen.log.abandon()
    #expect(!seen.log.isAbandoned && seen.log.terminalEvent != nil)
  }

  @Test(
    "A reader that has seen more than the log got gets its end once; one that read the end gets nothing more")
  func endings() async throws {
    let run = makeRun()
    run.log.append(.token("a"))
    run.log.append(.error(.interrupted(messageID: nil)))
    let ending: RunReader.Replay = { position in
      var buffer = ByteBuffer()
      EventFrameEncoder.append(
        .error(.interrupted(messageID: nil)), id: position + 1, milliseconds: 0, to: &buffer)
      return (buffer, position + 1)
    }
    let ahead = RunReader(run: run, after: 7, ending: ending)
    #expect(try ids(await ahead.nextFrames()) == [8])
    #expect(try ids(await ahead.nextFrames()).isEmpty)
    let behind = RunReader(run: run, after: 0, ending: ending)
    #expect(try ids(await behind.nextFrames()) == [1, 2])
    #expect(try ids(await behind.nextFrames()).isEmpty)
  }
}
