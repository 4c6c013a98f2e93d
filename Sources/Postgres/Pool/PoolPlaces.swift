internal import DequeModule

/// The places of a pool: who has them, and who waits for one, first come, first served.
///
/// A place is the right to have one connection open. Places are never more than the limit; a place is with an idle
/// connection, with a task that uses or opens a connection, or free.
struct PoolPlaces {
  typealias Instant = ContinuousClock.Instant

  /// What a task gets.
  enum Grant: Sendable {
    case connection(PostgresSession, idleSince: Instant)
    /// The right to open one.
    case place
  }

  struct Waiter {
    let grant = OneShot<Result<Grant, any Error>>()
    let deadline: Instant
  }

  private struct Idle {
    let session: PostgresSession
    let since: Instant
  }

  private let limit: Int
  /// The one that was used last is used next, so that the others grow old and are closed.
  private var idle: [Idle] = []
  private var waiters: Deque<Waiter> = []
  private var taken = 0
  private(set) var isClosed = false
  private var closers: [CheckedContinuation<Void, Never>] = []

  init(limit: Int) {
    self.limit = max(1, limit)
  }

  var statistics: PostgresStatistics {
    PostgresStatistics(open: taken, idle: idle.count, waiting: waiters.count)
  }

  // MARK: Taking

  /// - Returns: `nil` when there is nothing and `waiter` has been lined up.
  mutating func take(orLineUp waiter: Waiter) -> Grant? {
    if let idle = idle.popLast() { return .connection(idle.session, idleSince: idle.since) }
    guard taken >= limit else {
      taken += 1
      return .place
    }
    waiters.append(waiter)
    return nil
  }

  mutating func remove(_ waiter: Waiter) {
    waiters.removeAll { $0.grant === waiter.grant }
  }

  mutating func nextWaiter() -> Waiter? {
    waiters.popFirst()
  }

  // MARK: Giving back

  /// - Returns: `false` when the pool is closed and wants no connection.
  mutating func keep(_ session: PostgresSession) -> Bool {
    guard !isClosed else { return false }
    idle.append(Idle(session: session, since: .now))
    return true
  }

  /// - Returns: whether the connection was idle; its place is the caller's now.
  mutating func takeIdle(_ session: ObjectIdentifier) -> Bool {
    guard let index = idle.firstIndex(where: { ObjectIdentifier($0.session) == session }) else {
      return false
    }
    idle.remove(at: index)
    return true
  }

  /// - Returns: who waits for the end, when this was it.
  mutating func free() -> [CheckedContinuation<Void, Never>] {
    taken -= 1
    guard isClosed, taken == 0 else { return [] }
    defer { closers = [] }
    return closers
  }

  // MARK: Time

  /// Takes out who waited for too long and what was idle for too long; the places of these are the caller's.
  mutating func expire(
    idleFor maxIdle: Duration
  ) -> (late: [Waiter], old: [PostgresSession], next: Instant?) {
    let now = Instant.now
    let late = waiters.filter { $0.deadline <= now }
    waiters.removeAll { $0.deadline <= now }
    let old = idle.filter { $0.since + maxIdle <= now }
    idle.removeAll { $0.since + maxIdle <= now }
    let next = [waiters.map(\.deadline).min(), idle.map { $0.since + maxIdle }.min()]
    return (Array(late), old.map(\.session), next.compactMap { $0 }.min())
  }

  // MARK: Closing

  /// Takes everything out; the places of the connections are the caller's.
  mutating func close() -> (waiters: [Waiter], idle: [PostgresSession]) {
    isClosed = true
    defer { (waiters, idle) = ([], []) }
    return (Array(waiters), idle.map(\.session))
  }

  /// - Returns: `true` when nothing is left to wait for.
  mutating func awaitEnd(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
    if taken > 0 { closers.append(continuation) }
    return taken == 0
  }
}
