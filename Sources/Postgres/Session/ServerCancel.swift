internal import CPostgres
import Synchronization

/// Asks the server to cancel what a connection runs.
///
/// `@unchecked`: libpq's structure never changes, and `PQcancel` may be called from any thread.
final class ServerCancel: @unchecked Sendable {
  private let cancel: OpaquePointer
  private static let requests = Atomic(0)
  /// A request to a peer that accepts connections and then says nothing blocks for as long as the kernel lets it.
  private static let mostRequests = 32

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
    guard Self.requests.add(1, ordering: .relaxed).newValue <= Self.mostRequests else {
      Self.requests.subtract(1, ordering: .relaxed)
      return whenSent()
    }
    Waiting.onThread { [self] in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
        _ = PQcancel(cancel, text.baseAddress, Int32(text.count))
      }
      Self.requests.subtract(1, ordering: .relaxed)
      whenSent()
    }
  }
}
