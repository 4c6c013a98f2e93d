internal import CPostgres
@preconcurrency import Dispatch
import Logging
import Synchronization

/// One connection to the server: libpq without blocking, on a queue of its own.
///
/// It does one thing at a time, an ``Operation``. The operation's code asks libpq, and when libpq needs the socket it waits; the
/// socket's sources, the timer and the cancellation of the task wake it, all on the queue, and it looks again.
actor PostgresSession {
  nonisolated let executor = SessionExecutor(label: "postgres.session")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// What the session is busy with.
  struct Operation {
    let id: UInt64
    let began = ContinuousClock.now
    /// When the client stops it, and when it gives up on the connection after that.
    var deadline: ContinuousClock.Instant?
    var stop: Stop?
    /// Whether the server may have got any of it.
    var hasSent = false
  }

  /// Why an operation was stopped.
  enum Stop {
    case taskCancelled, timeout
  }

  let configuration: PostgresConfiguration
  let connection: OpaquePointer
  let handle: LibpqConnection
  var watch: SocketWatch?
  var operation: Operation?
  var prepared: PreparedStatements
  /// How long a statement may take; ``PostgresConfiguration/statementTimeout`` unless a loan changed it.
  var statementTimeout: Duration?
  var isEstablished = false
  var serverCancel: ServerCancel?
  /// A request to cancel is on its way: nothing new may be sent, or it would hit that.
  var isCancelling = false
  private(set) var isClosed = false

  private let notices: Unmanaged<NoticeLog>
  private var waiter: CheckedContinuation<Void, Never>?
  private var lastID: UInt64 = 0
  private var timer: DeadlineTimer?
  private let isAlive = Atomic(true)
  /// Called once when the connection breaks or is closed.
  private let whenGone: @Sendable (ObjectIdentifier) -> Void

  /// How much longer than the server the client waits.
  static let grace = Duration.seconds(2)

  init(
    owning handle: LibpqConnection, configuration: PostgresConfiguration, logger: Logger,
    whenGone: @escaping @Sendable (ObjectIdentifier) -> Void
  ) {
    self.handle = handle
    self.configuration = configuration
    self.whenGone = whenGone
    connection = handle.pointer
    prepared = PreparedStatements(limit: configuration.preparedStatementLimit)
    statementTimeout = configuration.statementTimeout
    notices = NoticeLog(logger).attach(to: handle.pointer)
  }

  isolated deinit {
    close()
  }

  /// Whether the connection is open as far as is known.
  nonisolated var isUsable: Bool { isAlive.load(ordering: .acquiring) }

  // MARK: Operations

  /// Does one thing. Cancelling the task stops it when `cancellation` says so.
  ///
  /// - Throws: what `body` throws, with the reason of the stop instead of its consequence.
  func perform<Value: Sendable>(
    _ cancellation: PostgresCancellation, _ body: (isolated PostgresSession) async throws -> Value
  ) async throws -> Value {
    if cancellation == .cancelsQuery { try Task.checkCancellation() }
    let id = try begin()
    defer { operation = nil }
    do {
      let value = try await stoppable(id, cancellation) { try await body(self) }
      await settle()
      return value
    } catch let error as PostgresError {
      await settle()
      throw explain(error)
    } catch {
      await settle()
      throw error
    }
  }

  private func stoppable<Value: Sendable>(
    _ id: UInt64, _ cancellation: PostgresCancellation, _ body: () async throws -> Value
  ) async throws -> Value {
    guard cancellation == .cancelsQuery else { return try await body() }
    return try await withTaskCancellationHandler(operation: body) {
      executor.queue.async { self.assumeIsolated { $0.stop(id, .taskCancelled) } }
    }
  }

  private func begin() throws -> UInt64 {
    guard operation == nil else {
      throw PostgresError(.usage(.connectionInUse), "two tasks use one connection at the same time")
    }
    lookForEnd()
    guard !isClosed else {
      var error = PostgresError(.connection, "the connection was closed", endsConnection: true)
      error.isUnsent = true
      throw error
    }
    lastID += 1
    operation = Operation(id: lastID)
    extendDeadline()
    return lastID
  }

  /// Gives the statement at hand its full time.
  func extendDeadline() {
    guard let operation, operation.stop == nil else { return }
    setDeadline(statementTimeout.map { ContinuousClock.now + $0 + Self.grace })
  }

  func setDeadline(_ deadline: ContinuousClock.Instant?) {
    operation?.deadline = deadline
    guard let deadline else { return }
    if timer == nil {
      timer = DeadlineTimer(queue: executor.queue) { [weak self] in
        self?.assumeIsolated { $0.timerFired() }
      }
    }
    timer?.require(deadline)
  }

  private func timerFired() -> ContinuousClock.Instant? {
    guard let deadline = operation?.deadline else { return nil }
    if deadline > .now { return deadline }
    wake()
    return nil
  }

  // MARK: Waiting

  /// Returns when something has happened that the operation should look at.
  ///
  /// - Throws: ``PostgresError`` when the operation's time is over and stopping it did not help; the connection is closed then.
  func wait() async throws {
    if let deadline = operation?.deadline, deadline <= .now { try expire() }
    watch?.isReading = true
    await withCheckedContinuation { waiter = $0 }
  }

  func wake() {
    waiter?.resume()
    waiter = nil
  }

  private func expire() throws {
    guard let operation, operation.stop == nil, isEstablished else {
      // While connecting, a watch of the moment still has the socket.
      if isEstablished { close() }
      throw PostgresError(
        .timeout, "the database did not answer in time", outcomeIsUnknown: operation?.hasSent ?? false,
        endsConnection: true)
    }
    stop(operation.id, .timeout)
  }

  /// The socket has something. Reading is left to the operation, which may not want more at the moment; without an
  /// operation only the end of the connection and the odd notice can come.
  func socketIsReadable() {
    guard isEstablished else { return wake() }
    guard operation != nil else { return lookForEnd() }
    guard waiter != nil else {
      watch?.isReading = false
      return
    }
    let isOpen = PQconsumeInput(connection) == 1
    if !isOpen || PQisBusy(connection) == 0 || watch?.isWriting == true { wake() }
  }

  func socketIsWritable() {
    watch?.isWriting = false
    wake()
  }

  private func lookForEnd() {
    guard !isClosed, isEstablished else { return }
    let isOpen = PQconsumeInput(connection) == 1 && PQstatus(connection) == CONNECTION_OK
    // Lets libpq read what came, so that notices get to the log and notifications to the bin.
    _ = PQisBusy(connection)
    while let notification = PQnotifies(connection) { PQfreemem(notification) }
    if !isOpen { close() }
  }

  /// Ends the connection. Nothing else may be asked of libpq afterwards.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    isAlive.store(false, ordering: .releasing)
    let finish: @Sendable () -> Void = { [handle, notices] in
      handle.finish()
      notices.release()
    }
    if let watch { watch.cancel(then: finish) } else { finish() }
    watch = nil
    timer = nil
    wake()
    whenGone(ObjectIdentifier(self))
  }

  /// Closes the connection a little later, for those who cannot wait.
  nonisolated func closeSoon() {
    executor.queue.async { self.assumeIsolated { $0.close() } }
  }
}
