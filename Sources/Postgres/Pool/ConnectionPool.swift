@preconcurrency import Dispatch
import Logging
import Synchronization

/// The connections of a client: it lends them, opens them, checks them and closes them.
final class ConnectionPool: Sendable {
  private let configuration: PostgresConfiguration
  private let logger: Logger
  private let places: Mutex<PoolPlaces>
  /// For the waits and the idle connections. Set once, because it refers back.
  private let timer = Mutex<DeadlineTimer?>(nil)

  init(_ configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    places = Mutex(PoolPlaces(limit: configuration.poolSize))
    let made = DeadlineTimer(queue: Waiting.queue) { [weak self] in self?.timerFired() }
    timer.withLock { $0 = made }
  }

  deinit {
    for session in places.withLock({ $0.close().idle }) { session.closeSoon() }
  }

  var size: Int { configuration.poolSize }

  var statistics: PostgresStatistics { places.withLock { $0.statistics } }

  // MARK: Acquiring

  /// - Throws: ``PostgresError``: what keeps connections from opening, or a time-out when all are in use.
  func acquire(_ cancellation: PostgresCancellation) async throws -> PostgresSession {
    if cancellation == .cancelsQuery { try Task.checkCancellation() }
    let deadline = ContinuousClock.now + configuration.acquireTimeout
    if case .connection(let session, let since) = try await grant(deadline, cancellation) {
      if await isFit(session, since) { return session }
      await session.close()
    }
    do {
      return try await open(deadline, cancellation)
    } catch {
      freePlace()
      throw error
    }
  }

  private func grant(
    _ deadline: ContinuousClock.Instant, _ cancellation: PostgresCancellation
  ) async throws -> PoolPlaces.Grant {
    let waiter = PoolPlaces.Waiter(deadline: deadline)
    let now = try places.withLock { places in
      guard !places.isClosed else { throw Self.closed }
      return places.take(orLineUp: waiter)
    }
    if let now { return now }
    requireTimer(deadline)
    do {
      return try await waiter.grant.value(cancellation, ifCancelled: .failure(CancellationError())).get()
    } catch {
      places.withLock { $0.remove(waiter) }
      throw error
    }
  }

  private func isFit(_ session: PostgresSession, _ idleSince: ContinuousClock.Instant) async -> Bool {
    guard session.isUsable else { return false }
    guard idleSince.duration(to: .now) > configuration.idleCheck else { return true }
    return await session.ping(within: configuration.checkTimeout)
  }

  /// Opens a connection, trying again for as long as the server may come back.
  private func open(
    _ deadline: ContinuousClock.Instant, _ cancellation: PostgresCancellation
  ) async throws -> PostgresSession {
    var pause = Duration.milliseconds(20)
    var reason: PostgresError?
    while true {
      do {
        return try await PostgresSession.open(
          configuration, logger: logger, within: ContinuousClock.now.duration(to: deadline),
          cancellation: cancellation, whenGone: { [weak self] in self?.forget($0) })
      } catch let error as PostgresError where error.isConnectionFailure {
        let isClosed = places.withLock { $0.isClosed }
        // The last try may have had no time; what was wrong before says more.
        reason = error.kind == .timeout ? reason ?? error : error
        if let reason, isClosed || ContinuousClock.now + pause >= deadline { throw reason }
        logger.debug("the database cannot be reached yet", metadata: ["error": "\(error)"])
      }
      try await Waiting.pause(pause * Double.random(in: 0.5...1), cancellation)
      pause = min(pause * 2, .seconds(1))
    }
  }

  // MARK: Releasing

  /// Gives a connection back: to who waits for the longest time, or to the idle ones.
  func release(_ session: PostgresSession) async {
    await session.reset()
    guard session.isUsable else { return freePlace() }
    let isTaken = hand(.connection(session, idleSince: .now)) { $0.keep(session) }
    guard isTaken else {
      await session.close()
      return freePlace()
    }
    requireTimer(.now + configuration.maxIdle)
    // It may have broken just before it was among the idle ones.
    if !session.isUsable { forget(ObjectIdentifier(session)) }
  }

  private func freePlace() {
    var closers: [CheckedContinuation<Void, Never>] = []
    _ = hand(.place) { places in
      closers = places.free()
      return true
    }
    for closer in closers { closer.resume() }
  }

  /// Gives something to the first task that still waits; `keep` takes it when there is none.
  private func hand(_ grant: PoolPlaces.Grant, otherwise keep: (inout PoolPlaces) -> Bool) -> Bool {
    while true {
      var isKept = false
      let waiter = places.withLock { places -> PoolPlaces.Waiter? in
        if let waiter = places.nextWaiter() { return waiter }
        isKept = keep(&places)
        return nil
      }
      guard let waiter else { return isKept }
      if waiter.grant.give(.success(grant)) { return true }
    }
  }

  /// A connection has ended. When it was idle, its place is free.
  private func forget(_ session: ObjectIdentifier) {
    if places.withLock({ $0.takeIdle(session) }) { freePlace() }
  }

  // MARK: Time

  private func requireTimer(_ deadline: ContinuousClock.Instant) {
    timer.withLock { $0 }?.require(deadline)
  }

  private func timerFired() -> ContinuousClock.Instant? {
    let (late, old, next) = places.withLock { $0.expire(idleFor: configuration.maxIdle) }
    for waiter in late { waiter.grant.give(.failure(Self.exhausted)) }
    for session in old {
      session.closeSoon()
      freePlace()
    }
    return next
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
    let (waiters, idle) = places.withLock { $0.close() }
    for waiter in waiters { waiter.grant.give(.failure(Self.closed)) }
    for session in idle {
      await session.close()
      freePlace()
    }
    await withCheckedContinuation { continuation in
      if places.withLock({ $0.awaitEnd(continuation) }) { continuation.resume() }
    }
  }
}
