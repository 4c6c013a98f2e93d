import Synchronization

/// A connection on loan: what ``PostgresClient/withConnection(cancellation:_:)`` and
/// ``PostgresClient/transaction(isolation:readOnly:retries:cancellation:_:)`` give to their bodies.
///
/// It is for one task at a time, and not for keeping: used by two tasks at once, or after the body has returned, it throws a
/// ``PostgresError`` of the kind `usage`.
///
/// Every call throws ``PostgresError``, and `CancellationError` when its task is cancelled and the loan was made with
/// ``PostgresCancellation/cancelsQuery``.
public final class PostgresConnection: Sendable {
  private struct State {
    var isReturned = false
    /// BEGIN, which goes out together with the first statement.
    var opening: EncodedStatement?
    var failure: PostgresError?
  }

  let session: PostgresSession
  let cancellation: PostgresCancellation
  private let state: Mutex<State>

  init(_ session: PostgresSession, _ cancellation: PostgresCancellation, opening: EncodedStatement? = nil) {
    self.session = session
    self.cancellation = cancellation
    state = Mutex(State(opening: opening))
  }

  /// Runs one statement.
  public func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresResult {
    let results = try await pipeline([PostgresStatement(sql, parameters)])
    return results[0]
  }

  /// Runs statements in one round trip. Outside of a transaction they are one: all take effect, or none.
  ///
  /// - Returns: a result for each statement.
  /// - Throws: the error of the first statement that failed; those after it were not run.
  public func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
    guard !statements.isEmpty else { return [] }
    let encoded = try statements.map { try EncodedStatement($0) }
    return try await record {
      guard let opening = takeOpening() else { return try await session.run(encoded, cancellation) }
      return Array(try await session.run([opening] + encoded, cancellation).dropFirst())
    }
  }

  /// Runs statements that are separated by semicolons and take no parameters, such as a migration. Without BEGIN and COMMIT among
  /// them they are one transaction.
  public func execute(script: String) async throws {
    guard !script.utf8.contains(0) else {
      throw PostgresError(.usage(.nulInText), "a script holds the character U+0000")
    }
    try await open()
    try await record { try await session.execute(script: script, cancellation) }
  }

  /// Changes how long each statement of this loan may take; `nil` is as long as it needs.
  public func setStatementTimeout(_ duration: Duration?) async throws {
    try await open()
    try await record { try await session.setStatementTimeout(duration, cancellation) }
  }

  // MARK: The loan

  /// Sends the BEGIN that was put off, for what cannot be sent together with it.
  func open() async throws {
    try await record {
      if let opening = takeOpening() { _ = try await session.run([opening], cancellation) }
    }
  }

  private func takeOpening() -> EncodedStatement? {
    state.withLock { state in
      defer { state.opening = nil }
      return state.opening
    }
  }

  /// Whether BEGIN was sent.
  var isOpened: Bool { state.withLock { $0.opening == nil } }

  /// The last error of the loan: the reason of a failure that the body may have wrapped or swallowed.
  var failure: PostgresError? { state.withLock { $0.failure } }

  nonisolated(nonsending) func record<Value: Sendable>(
    _ body: nonisolated(nonsending) () async throws -> Value
  ) async throws -> Value {
    guard !state.withLock({ $0.isReturned }) else {
      throw PostgresError(.usage(.connectionReturned), "a connection was used after it had been returned")
    }
    do {
      return try await body()
    } catch let error as PostgresError {
      state.withLock { $0.failure = error }
      throw error
    }
  }

  /// No call is accepted from now on.
  func markReturned() {
    state.withLock { $0.isReturned = true }
  }
}
