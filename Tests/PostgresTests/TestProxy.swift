import Foundation
import Synchronization
import Testing

@testable import Postgres

/// Stands between a client and the server, and can behave like a bad network: plain sockets, a thread for each direction.
final class TestProxy: Sendable {
  enum Mode: Sendable {
    case forwards
    /// Connections stay, and nothing moves; new ones are accepted.
    case stalls
    /// New connections are closed at once.
    case refuses
  }

  private struct State {
    var mode = Mode.forwards
    var sockets: [Int32] = []
    var accepted = 0
    var pieces = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let listener: Int32
  private let target: sockaddr_in
  let port: UInt16

  init() throws {
    let server = try ConnectionString.parse(try #require(TestDatabase.url))
    target = Self.loopback(try #require(UInt16(server["port"] ?? "5432")))
    let socket = try Self.makeSocket()
    var address = Self.loopback(0)
    try Self.withAddress(&address) { try #require(bind(socket, $0, $1) == 0) }
    try #require(listen(socket, 64) == 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) == 0 }
    }
    try #require(isNamed)
    listener = socket
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { self.accept() }
  }

  /// How many connections came.
  var accepted: Int { state.withLock { $0.accepted } }

  /// How many pieces came from either side, also those that were not passed on yet.
  var pieces: Int { state.withLock { $0.pieces } }

  func become(_ mode: Mode) { state.withLock { $0.mode = mode } }

  /// Ends every connection that there is.
  func cut() {
    state.withLock { state in
      for socket in state.sockets { _ = shutdown(socket, Int32(SHUT_RDWR)) }
    }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    cut()
    _ = shutdown(listener, Int32(SHUT_RDWR))
    // Linux wakes `accept` at a shutdown; elsewhere a connection does.
    if let last = try? Self.makeSocket() {
      var address = Self.loopback(port)
      Self.withAddress(&address) { _ = connect(last, $0, $1) }
      _ = Foundation.close(last)
    }
  }

  private func accept() {
    while true {
      let client = Foundation.accept(listener, nil, nil)
      let (mode, isClosed) = state.withLock { state in
        state.accepted += 1
        return (state.mode, state.isClosed)
      }
      guard client >= 0, !isClosed else { break }
      guard mode != .refuses, let server = try? Self.makeSocket() else {
        _ = Foundation.close(client)
        continue
      }
      var address = target
      Self.withAddress(&address) { _ = connect(server, $0, $1) }
      state.withLock { $0.sockets += [client, server] }
      let open = Counter()
      Thread.detachNewThread { self.pump(client, server, open) }
      Thread.detachNewThread { self.pump(server, client, open) }
    }
    _ = Foundation.close(listener)
  }

  private func pump(_ source: Int32, _ sink: Int32, _ ended: Counter) {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = recv(source, &buffer, buffer.count, 0)
      state.withLock { $0.pieces += 1 }
      while state.withLock({ $0.mode == .stalls && !$0.isClosed }) { usleep(2000) }
      guard count > 0, send(sink, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
    }
    _ = shutdown(source, Int32(SHUT_RDWR))
    _ = shutdown(sink, Int32(SHUT_RDWR))
    ended.add()
    // Closed by the second of the two, so that no number is reused while the other still uses it.
    guard ended.value == 2 else { return }
    state.withLock { state in
      state.sockets.removeAll { $0 == source || $0 == sink }
      _ = Foundation.close(source)
      _ = Foundation.close(sink)
    }
  }

  private static func makeSocket() throws -> Int32 {
    let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(socket >= 0)
    return socket
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func withAddress<Result>(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) rethrows -> Result {
    try withUnsafePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
