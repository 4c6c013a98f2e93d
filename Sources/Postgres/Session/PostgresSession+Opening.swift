internal import CPostgres
import Logging

extension PostgresSession {
  /// Opens a connection.
  ///
  /// - Throws: ``PostgresError``, or `CancellationError`.
  static func open(
    _ configuration: PostgresConfiguration, logger: Logger, within limit: Duration,
    cancellation: PostgresCancellation, keepsNotifications: Bool = false,
    whenGone: @escaping @Sendable (ObjectIdentifier) -> Void
  ) async throws -> PostgresSession {
    let deadline = ContinuousClock.now + min(limit, configuration.connectTimeout)
    let handle = try await begin(configuration, deadline: deadline, cancellation)
    let session = PostgresSession(
      owning: handle, configuration: configuration, logger: logger,
      keepsNotifications: keepsNotifications, whenGone: whenGone)
    do {
      try await session.establish(deadline: deadline, cancellation)
    } catch {
      await session.close()
      throw error
    }
    return session
  }

  /// Looks up the names on a thread; who asked does not wait for it longer than until the deadline.
  private static func begin(
    _ configuration: PostgresConfiguration, deadline: ContinuousClock.Instant,
    _ cancellation: PostgresCancellation
  ) async throws -> LibpqConnection {
    let began = OneShot<Result<LibpqConnection, any Error>>()
    let parameters = configuration.connectionParameters
    Waiting.onThread {
      guard let handle = LibpqConnection(parameters) else {
        began.give(.failure(PostgresError(.connection, "no memory for a connection", endsConnection: true)))
        return
      }
      if !began.give(.success(handle)) { handle.finish() }
    }
    let timer = DeadlineTimer(queue: Waiting.queue) {
      began.give(.failure(connectTimedOut))
      return nil
    }
    timer.require(deadline)
    defer { withExtendedLifetime(timer) {} }
    return try await began.value(cancellation, ifCancelled: .failure(CancellationError())).get()
  }

  private static var connectTimedOut: PostgresError {
    PostgresError(.timeout, "connecting to the database took too long", endsConnection: true)
  }

  private func establish(
    deadline: ContinuousClock.Instant, _ cancellation: PostgresCancellation
  ) async throws {
    try await perform(cancellation, .probe) { session in
      session.setDeadline(deadline)
      // Only a verbose text has the SQLSTATE, and libpq has no other way to tell it before there is a connection.
      PQsetErrorVerbosity(session.connection, PQERRORS_VERBOSE)
      var next = PQstatus(session.connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
      while next != PGRES_POLLING_OK {
        guard next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING else {
          throw session.connectError()
        }
        try await session.waitForSocket(toRead: next == PGRES_POLLING_READING)
        next = PQconnectPoll(session.connection)
      }
      try session.prepareForWork()
    }
  }

  /// libpq may close the socket and open another one at each step, so each step has a watch of its own.
  private func waitForSocket(toRead: Bool) async throws {
    try throwIfStopped()
    let watch = try makeWatch()
    watch.isReading = toRead
    watch.isWriting = !toRead
    var failure: (any Error)?
    do { try await wait() } catch { failure = error }
    let gone = OneShot<Void>()
    watch.cancel { gone.give(()) }
    await gone.value()
    if let failure { throw failure }
    try throwIfStopped()
  }

  private func throwIfStopped() throws {
    guard operation?.stop == nil else { throw CancellationError() }
  }

  private func prepareForWork() throws {
    guard PQsetnonblocking(connection, 1) == 0, let cancel = ServerCancel(connection) else {
      throw PostgresError(.connection, "the connection cannot be used without blocking", endsConnection: true)
    }
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
    let watch = try makeWatch()
    watch.isReading = true
    self.watch = watch
    serverCancel = cancel
  }

  private func connectError() -> PostgresError {
    let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
    return ConnectReport(text, password: configuration.password).error
  }
}
