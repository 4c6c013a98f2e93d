internal import CPostgres
internal import DequeModule
import Synchronization

/// Asks the server to cancel what a connection runs.
///
/// `@unchecked`: libpq's structure never changes, and `PQcancel` may be called from any thread.
final class ServerCancel: @unchecked Sendable {
  private struct Requests {
    /// Never more than there are connections.
    var waiting: Deque<@Sendable () -> Void> = []
    var threads = 0
  }

  private let cancel: OpaquePointer
  private static let requests = Mutex(Requests())
  /// A request to a peer that accepts connections and then says nothing holds its thread for as long as the kernel
  /// lets it.
  private static let mostThreads = 16

  init?(_ connection: OpaquePointer) {
    guard let cancel = PQgetCancel(connection) else { return nil }
    self.cancel = cancel
  }

  deinit {
    PQfreeCancel(cancel)
  }

  /// Sends the request, on a thread because it blocks until the server has passed it on to the process.
  ///
  /// What went wrong does not matter: the caller waits for the statement's end and gives up at some time.
  ///
  /// - Parameter whenSent: called when the request can no longer have an effect.
  func send(whenSent: @escaping @Sendable () -> Void) {
    let request: @Sendable () -> Void = { [self] in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
        _ = PQcancel(cancel, text.baseAddress, Int32(text.count))
      }
      whenSent()
    }
    let needsThread = Self.requests.withLock { requests in
      requests.waiting.append(request)
      guard requests.threads < Self.mostThreads else { return false }
      requests.threads += 1
      return true
    }
    if needsThread { Waiting.onThread { Self.sendAll() } }
  }

  /// Sends what waits, until nothing does.
  private static func sendAll() {
    while let request = next() { request() }
  }

  private static func next() -> (@Sendable () -> Void)? {
    requests.withLock { requests in
      let request = requests.waiting.popFirst()
      if request == nil { requests.threads -= 1 }
      return request
    }
  }
}
