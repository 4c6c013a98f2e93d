internal import CPostgres
@preconcurrency import Dispatch
import Logging
import Synchronization

/// One connection to the server: libpq without blocking, on a queue of its own.
///
/// It does one thing at a time, an ``Operation``. The operation's code asks libpq, and when libpq needs the socket it
/// waits; the socket's sources, the timer and the cancellation of the task wake it, all on the queue, and it looks
/// again.
actor PostgresSession {
  nonisolated let executor = SessionExecutor(label: "postgres.session")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  let configuration: PostgresConfiguration
  let connection: OpaquePointer
  /// Set when the connection is established.
  var watch: SocketWatch?
  /// Set when the connection is established.
  var serverCancel: ServerCancel?
  var prepared: PreparedStatements
  /// How long a statement may take; ``PostgresConfiguration/statementTimeout`` unless a loan changed it.
  var statementTimeout: Duration?
  /// Notifications are for whoever asks next, so that nothing is read while nobody asks.
  let keepsNotifications: Bool

  var operation: Operation?
  var lastOperationID: UInt64 = 0
  /// A request to cancel is on its way: nothing new may be sent, or it would hit that.
  var isCancelling = false
  var waiter: CheckedContinuation<Void, Never>?
  private(set) var isClosed = false

  private let handle: LibpqConnection
  private let notices: Unmanaged<NoticeLog>
  private let isAlive = Atomic(true)
  /// Called once when the connection breaks or is closed.
  private let whenGone: @Sendable (ObjectIdentifier) -> Void

  private(set) lazy var timer = DeadlineTimer(queue: executor.queue) { [weak self] in
    self?.assumeIsolated { $0.timerFired() }
  }

  init(
    owning handle: LibpqConnection, configuration: PostgresConfiguration, logger: Logger,
    keepsNotifications: Bool, whenGone: @escaping @Sendable (ObjectIdentifier) -> Void
  ) {
    self.handle = handle
    self.configuration = configuration
    self.keepsNotifications = keepsNotifications
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

  /// Whether statements can be sent; before that it is being opened.
  var isEstablished: Bool { serverCancel != nil }

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
    wake()
    whenGone(ObjectIdentifier(self))
  }

  /// Closes the connection a little later, for those who cannot wait.
  nonisolated func closeSoon() {
    executor.queue.async { self.assumeIsolated { $0.close() } }
  }
}
