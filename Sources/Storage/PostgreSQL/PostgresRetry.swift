import Dispatch
import Postgres

/// Tries again what a lost connection has kept from being done, so that a restart of PostgreSQL is only a pause.
struct PostgresRetry: Sendable {
  /// How long a call goes on trying.
  var patience = Duration.seconds(10)

  private static let pauses = (first: Duration.milliseconds(20), longest: Duration.milliseconds(500))

  /// - Parameters:
  ///   - cancellation: whether a cancelled task gives up between two tries.
  ///   - body: gets the number of the try, from 0. It may be done more than once.
  func run<Value>(
    _ cancellation: PostgresCancellation, isolation: isolated (any Actor)? = #isolation,
    _ body: (Int) async throws -> Value
  ) async throws -> Value {
    let deadline = ContinuousClock.now + patience
    var pause = Self.pauses.first
    var number = 0
    while true {
      do {
        return try await body(number)
      } catch let error as PostgresError
        where (error.isConnectionFailure || error.isRetryable) && ContinuousClock.now + pause < deadline
      {
        // Not all at the same moment: a server that has just started has enough to do.
        await Self.wait(pause * Double.random(in: 0.5...1))
        if case .cancelsQuery = cancellation { try Task.checkCancellation() }
        pause = min(pause * 2, Self.pauses.longest)
        number += 1
      }
    }
  }

  /// Waits, also in a task that has been cancelled: a write that is carried through must not try without a pause.
  static func wait(_ duration: Duration) async {
    await withCheckedContinuation { continuation in
      let (seconds, attoseconds) = duration.components
      let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
      DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
        continuation.resume()
      }
    }
  }
}
