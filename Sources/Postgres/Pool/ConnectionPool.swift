@preconcurrency import Dispatch
internal import DequeModule
import Logging
import Synchronization

/// The connections of a client: idle ones, and the tasks that wait for one, first come, first served.
///
/// A place is the right to have one connection open. Places are never more than ``PostgresConfiguration/poolSize``; a place is
/// with an idle connection, with a task that uses or opens a connection, or free.
final class ConnectionPool: Sendable {
  private struct Idle {
    let session: PostgresSession
    let since: ContinuousClock.Instant
  }

  /// What a waiting task gets.
  enum Grant: Sendable {
    case connection(PostgresSession, idleSince: ContinuousClock.Instant)
    /// The right to open one.
    case place
  }

  private struct Waiter {
    let grant: OneShot<Result<Grant, any Error>>
    let deadline: ContinuousClock.Instant
  }

  private struct State {
    /// The one that was used last is used next, so that the others grow old and are closed.
    var idle: [Idle] = []
    var waiters: Deque<Waiter> = []
    var takenPlaces = 0
    var isClosed = false
    var closers: [CheckedContinuation<Void, Never>] = []
  }

  private let configuration: PostgresConfiguration
  private let logger: Logger
  private let state = Mutex(State())
  private let timer: Mutex<DeadlineTimer?> = Mutex(nil)

  init(_ configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    let made = DeadlineTimer(queue: Waiting.queue) { [weak self] in self?.timerFired() }
    timer.withLock { $0 = made }
  }

  deinit {
    for idle in state.withLock({ $0.idle }) { idle.session.closeSoon() }
  }

  var statistics: PostgresStatistics {
    state.withLock {
      PostgresStatistics(open: $0.takenPlaces, idle: $0.idle.count, waiting: $0.waiters.count)
    }
  }

  // MARK: Acquiring

  /// - Throws: ``PostgresError``: what keeps connections from opening, or a time-out when all are in use.
  func acquire(_ cancellation: PostgresCancellation) async throws -> PostgresSession {
    if cancellation == .cancelsQuery { try Task.checkCancellation() }
    let deadline = ContinuousClock.now + configuration.acquireTimeout
    switch try await grant(deadline, cancellation) {
    case .connection(let session, let since):
      if await isFit(session, since) { return session }
      await session.close()
      return try await open(deadline, cancellation)
    case .place: return try await open(deadline, cancellation)
    }
  }

  private func grant(
    _ deadline: ContinuousClock.Instant, _ cancellation: PostgresCancellation
  ) async throws -> Grant {
    let waiter = Waiter(grant: OneShot(), deadline: deadline)
    let now: Grant? = try state.withLock { state in
      guard !state.isClosed else { throw Self.closed }
      if let idle = state.idle.popLast() { return .connection(idle.session, idleSince: idle.since) }
      if state.takenPlaces < configuration.poolSize {
        state.takenPlaces += 1
        return .place
      }
      state.waiters.append(waiter)
      return nil
    }
    if let now { return now }
    requireTimer(deadline)
    do {
      return try await waiter.grant.value(cancellation, ifCancelled: .failure(CancellationError())).get()
    } catch {
      state.withLock { state in state.waiters.removeAll { $0.grant === waiter.grant } }
      throw error
    }
  }

  private func isFit(_ session: PostgresSession, _ idleSince: ContinuousClock.Instant) async -> Bool {
    guard session.isUsable else { return false }
    guard idleSince.duration(to: .now) > configuration.idleCheck else { return true }
    return await session.ping(within: Self.checkTimeout)
  }

  private static let checkTimeout = Duration.seconds(1)

  /// Opens a connection in the place that the caller has; gives the place away when that fails.
  private func open(
    _ deadline: ContinuousClock.Instant, _ cancellation: PostgresCancellation
  ) async throws -> PostgresSession {
    var pause = Duration.milliseconds(20)
    while true {
      do {
        return try await PostgresSession.open(
          configuration, logger: logger, within: ContinuousClock.now.duration(to: deadline),
          cancellation: cancellation, whenGone: { [weak self] in self?.forget($0) })
      } catch {
        let canWait = (error as? PostgresError)?.isConnectionFailure ?? false
        let isClosed = state.withLock { $0.isClosed }
        guard canWait, !isClosed, ContinuousClock.now + pause < deadline else {
          releasePlace()
          throw error
        }
        logger.debug("the database cannot be reached yet", metadata: ["error": "\(error)"])
      }
      do {
        try await Waiting.pause(pause * Double.random(in: 0.5...1), cancellation)
      } catch {
        releasePlace()
        throw error
      }
      pause = min(pause * 2, .seconds(1))
    }
  }

  // MARK: Releasing

  /// Gives a connection back: to who waits for the longest time, or to the idle ones.
  func release(_ session: PostgresSession) async {
    await session.reset()
    guard session.isUsable else { return releasePlace() }
    let isKept = hand(.connection(session, idleSince: .now)) { state in
      guard !state.isClosed else { return false }
      state.idle.append(Idle(session: session, since: .now))
      return true
    }
    guard isKept else {
      await session.close()
      return releasePlace()
    }
    requireTimer(.now + configuration.maxIdle)
    // It may have broken just before it was among the idle ones.
    if !session.isUsable { forget(ObjectIdentifier(session)) }
  }

  /// Gives a place back.
  private func releasePlace() {
    _ = hand(.place) { state in
      state.takenPlaces -= 1
      return true
    }
    let closers = state.withLock { state in
      guard state.isClosed, state.takenPlaces == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer.resume() }
  }

  /// Gives something to the first task that still waits; `otherwise` keeps it when there is none.
  private func hand(_ grant: Grant, otherwise keep: (inout State) -> Bool) -> Bool {
    while true {
      var isKept = false
      let waiter = state.withLock { state -> Waiter? in
        if let waiter = state.waiters.popFirst() { return waiter }
        isKept = keep(&state)
        return nil
      }
      guard let waiter else { return isKept }
      if waiter.grant.give(.success(grant)) { return true }
    }
  }

  /// A connection has ended. When it was idle, its place is free.
  private func forget(_ session: ObjectIdentifier) {
    let wasIdle = state.withLock { state in
      guard let index = state.idle.firstIndex(where: { ObjectIdentifier($0.session) == session }) else {
        return false
      }
      state.idle.remove(at: index)
      return true
    }
    if wasIdle { releasePlace() }
  }

  // MARK: Time

  private func requireTimer(_ deadline: ContinuousClock.Instant) {
    timer.withLock { $0 }?.require(deadline)
  }

  /// Ends the waits and the idle connections whose time is over; the next deadline.
  private func timerFired() -> ContinuousClock.Instant? {
    let now = ContinuousClock.now
    let oldest = now - configuration.maxIdle
    let (late, old, next) = state.withLock { state in
      let late = state.waiters.filter { $0.deadline <= now }
      state.waiters.removeAll { $0.deadline <= now }
      let old = state.idle.filter { $0.since <= oldest }
      let nextIdle = state.idle.filter { $0.since > oldest }.map(\.since).min()
      let next = [state.waiters.first?.deadline, nextIdle.map { $0 + configuration.maxIdle }]
      return (late, old, next.compactMap { $0 }.min())
    }
    for waiter in late { waiter.grant.give(.failure(Self.exhausted)) }
    for idle in old { retire(idle.session) }
    return next
  }

  /// Closes a connection, unless it was lent a moment ago.
  private func retire(_ session: PostgresSession) {
    let wasIdle = state.withLock { state in
      guard let index = state.idle.firstIndex(where: { $0.session === session }) else { return false }
      state.idle.remove(at: index)
      return true
    }
    guard wasIdle else { return }
    session.closeSoon()
    releasePlace()
  }

  private static var exhausted: PostgresError {
    PostgresError(.timeout, "no connection became free in time")
  }

  private static var closed: PostgresError {
    PostgresError(.usage(.closed), "the client is closed")
  }

  // MARK: Closing

  /// Ends the waits and the idle connections, and returns when the lent ones have come back.
  func close() async {
    let (waiters, idle) = state.withLock { state in
      state.isClosed = true
      defer { (state.waiters, state.idle) = ([], []) }
      return (state.waiters, state.idle)
    }
    for waiter in waiters { waiter.grant.give(.failure(Self.closed)) }
    for idle in idle {
      await idle.session.close()
      releasePlace()
    }
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if state.takenPlaces > 0 { state.closers.append(continuation) }
        return state.takenPlaces == 0
      }
      if isEmpty { continuation.resume() }
    }
  }
}
