import Foundation
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import App

/// A stream's handler in a channel without a socket. The tests stay on one thread, which is the channel's event loop.
@Suite("A stream on its event loop")
struct EventStreamHandlerTests {
  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  private final class Stream {
    let channel = EmbeddedChannel()
    let clock = ManualClock()
    let run: Run
    let reader: RunReader
    let ends = Counter()

    init(after: Int = 0) throws {
      let time = RunTime(clock: clock)
      run = Run(
        id: UUID(), sessionID: UUID(), fingerprint: RunFingerprint(message: "x"), log: RunLog(time: time))
      reader = RunReader(run: run, after: after)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
      let dispatcher = StreamDispatcher(loop: channel.eventLoop, time: time)
      try channel.pipeline.syncOperations.addHandler(
        EventStreamHandler(
          reader: reader, heartbeat: .seconds(5), time: time, dispatcher: dispatcher
        ) { [ends] in ends.value.add(1, ordering: .relaxed) }, position: .first)
    }

    /// What the turns that are due write, one string for each write.
    func written() throws -> [String] {
      channel.embeddedEventLoop.run()
      var writes: [String] = []
      while case .byteBuffer(let buffer)? = try channel.readOutbound(as: IOData.self) {
        writes.append(String(buffer: buffer))
      }
      return writes
    }

    func append(_ words: String...) { for word in words { run.log.append(.token(word)) } }

    func setWritable(_ isWritable: Bool) {
      channel.isWritable = isWritable
      channel.pipeline.fireChannelWritabilityChanged()
    }

    var endCount: Int { ends.value.load(ordering: .relaxed) }
  }

  private func words(_ write: String) throws -> [String] {
    try write.components(separatedBy: "\n\n").compactMap { block in
      // The marks of chunked coding stand on lines of their own.
      guard let start = block.range(of: "id: ") else { return nil }
      return try WireEvent(block: String(block[start.lowerBound...]))?.text
    }
  }

  @Test("Tokens that come before the loop's turn leave in one write, each in its frame")
  func oneWrite() throws {
    let stream = try Stream()
    stream.append("a", "b", "c")
    let writes = try stream.written()
    #expect(writes.count == 1)
    #expect(try writes.flatMap(words) == ["a", "b", "c"])
    #expect(try stream.written().isEmpty)
    stream.append("d")
    #expect(try stream.written().flatMap(words) == ["d"])
  }

  @Test("A write is one chunk of HTTP's chunked coding")
  func chunk() throws {
    let stream = try Stream()
    stream.append("a")
    let write = try #require(try stream.written().first)
    let parts = write.components(separatedBy: "\r\n")
    #expect(parts.count == 3 && Int(parts[0], radix: 16) == parts[1].utf8.count && parts[2].isEmpty)
    #expect(write.hasSuffix("\n\n\r\n"))
  }

  @Test("A connection that takes no more is left alone, and gets what it lacks when it does")
  func fullConnection() throws {
    let stream = try Stream()
    stream.setWritable(false)
    stream.append("a", "b")
    #expect(try stream.written().isEmpty)
    stream.append("c")
    #expect(try stream.written().isEmpty)
    stream.setWritable(true)
    #expect(try stream.written().flatMap(words) == ["a", "b", "c"])
    stream.append("d")
    #expect(try stream.written().flatMap(words) == ["d"])
  }

  @Test("A silent run is heard of after the heartbeat's time, and only then")
  func heartbeat() throws {
    let stream = try Stream()
    stream.append("a")
    _ = try stream.written()
    stream.clock.advance(by: .seconds(4))
    stream.run.log.tellTime(.seconds(4))
    #expect(try stream.written().isEmpty)
    stream.clock.advance(by: .seconds(1))
    stream.run.log.tellTime(.seconds(5))
    #expect(try stream.written() == ["d\r\n: heartbeat\n\n\r\n"])
    stream.run.log.tellTime(.seconds(5))
    #expect(try stream.written().isEmpty)
  }

  @Test("It ends once, after the terminal event, and leaves the channel")
  func end() throws {
    let stream = try Stream()
    stream.append("a")
    stream.run.log.append(.cancelled(messageID: UUID(), reason: .user))
    #expect(try stream.written().count == 1)
    #expect(stream.endCount == 1)
    #expect(throws: ChannelPipelineError.self) {
      try stream.channel.pipeline.syncOperations.handler(type: EventStreamHandler.self)
    }
    stream.run.log.tellTime(.seconds(60))
    #expect(try stream.written().isEmpty)
    _ = try? stream.channel.finish()
    #expect(stream.endCount == 1)
  }

  @Test("A client that goes ends it, also one that takes nothing any more", arguments: [false, true])
  func detach(isFull: Bool) throws {
    let stream = try Stream()
    if isFull {
      stream.setWritable(false)
      stream.append("a")
      _ = try stream.written()
    }
    stream.reader.detach()
    _ = try stream.written()
    #expect(stream.endCount == 1)
    stream.append("b")
    #expect(try stream.written().isEmpty)
  }

  @Test("A connection that closes ends it")
  func close() throws {
    let stream = try Stream()
    _ = try stream.channel.finish(acceptAlreadyClosed: true)
    #expect(stream.endCount == 1)
  }

  @Test("A reader far behind is written to in pieces, others have their turn in between, and nothing is lost")
  func catchingUp() throws {
    let stream = try Stream(after: 0)
    stream.setWritable(false)
    let word = String(repeating: "x", count: 1_000)
    for _ in 0..<1_000 { stream.append(word) }
    stream.setWritable(true)
    var received = 0
    for write in try stream.written() {
      #expect(write.utf8.count < 2 * RunLog.chunkLimit)
      received += try words(write).reduce(0) { $0 + $1.utf8.count }
    }
    #expect(received == 1_000_000)
  }
}
