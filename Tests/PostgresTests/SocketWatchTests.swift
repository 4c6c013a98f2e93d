@preconcurrency import Dispatch
import Foundation
import Testing

@testable import Postgres

struct SocketWatchTests {
  /// Two ends of a connection.
  private static func makePair() throws -> (Int32, Int32) {
    var pair: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    return (pair[0], pair[1])
  }

  /// A watch is used on its queue only.
  private static func watch(
    _ descriptor: Int32, _ queue: DispatchQueue, _ readable: @escaping @Sendable () -> Void
  ) -> SocketWatch? {
    queue.sync {
      let watch = SocketWatch(descriptor: descriptor, queue: queue, readable: readable, writable: {})
      watch?.isReading = true
      return watch
    }
  }

  private static func cancel(_ watch: SocketWatch, _ queue: DispatchQueue) async {
    await withCheckedContinuation { continuation in
      queue.async { watch.cancel { continuation.resume() } }
    }
  }

  @Test("What is left to read is told until its end, also when the other side is gone already")
  func hangup() async throws {
    for _ in 0..<50 {
      let (near, far) = try Self.makePair()
      let bytes = [UInt8](repeating: 1, count: 100_000)
      let sent = send(far, bytes, bytes.count, Int32(MSG_DONTWAIT))
      close(far)
      let queue = DispatchQueue(label: "test")
      let end = OneShot<Int>()
      let read = Counter()
      let reading: @Sendable () -> Void = {
        var piece = [UInt8](repeating: 0, count: 1000)
        let count = recv(near, &piece, piece.count, Int32(MSG_DONTWAIT))
        if count > 0 { for _ in 0..<count { read.add() } } else { end.give(read.value) }
      }
      let watch = try #require(Self.watch(near, queue, reading))
      #expect(await end.value() == sent)
      await Self.cancel(watch, queue)
      close(near)
    }
  }

  @Test("A descriptor that is closed and used again is told about, though its former watch was still there")
  func reuse() async throws {
    let queue = DispatchQueue(label: "test")
    let (near, far) = try Self.makePair()
    let former = try #require(Self.watch(near, queue) {})
    let (next, other) = try Self.makePair()
    // The first connection is closed, and its number is the second one's at once.
    try #require(dup2(next, near) == near)
    close(next)
    let told = OneShot<Void>()
    let watch = try #require(Self.watch(near, queue) { told.give(()) })
    send(other, "x", 1, 0)
    await told.value()
    for watch in [former, watch] {
      await Self.cancel(watch, queue)
    }
    for descriptor in [near, far, other] { close(descriptor) }
  }
}
