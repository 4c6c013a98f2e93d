extension PostgresClient {
  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
  ///
  /// The body is run again, on whatever connection there is then, after a serialisation failure or a deadlock, and after a
  /// connection that was lost before COMMIT was sent. So it should change nothing but the database. When the connection is lost
  /// after that, the error's ``PostgresError/outcomeIsUnknown`` is set.
  ///
  /// BEGIN travels with the body's first statement; a body without statements costs nothing.
  ///
  /// - Parameter retries: how often the body is run again at the most.
  public nonisolated(nonsending) func transaction<Value: Sendable>(
    isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false, retries: Int = 5,
    cancellation: PostgresCancellation = .cancelsQuery,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
    let opening = try EncodedStatement(PostgresStatement(begin))
    var pause = Duration.milliseconds(5)
    var (repeated, stale) = (0, 0)
    while true {
      switch try await attempt(opening, cancellation, body) {
      case .done(let value): return value
      case .failed(let error): throw error
      case .again(let failure) where failure.isUnsent && stale < pool.size:
        // The connection had broken while it was idle; the next one is another.
        stale += 1
      case .again(let failure):
        guard repeated < retries else { throw failure.thrown }
        repeated += 1
        try await Waiting.pause(pause * Double.random(in: 0.2...1), cancellation)
        pause = min(pause * 2, .milliseconds(500))
      }
    }
  }

  private enum Attempt<Value: Sendable> {
    case done(Value)
    /// Nothing has taken effect, and another time it may.
    case again(Setback)
    case failed(any Error)
  }

  /// A failure after which the body is run again, and what the body made of it.
  private struct Setback {
    let thrown: any Error
    let isUnsent: Bool
  }

  private nonisolated(nonsending) func attempt<Value: Sendable>(
    _ opening: EncodedStatement, _ cancellation: PostgresCancellation,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Attempt<Value> {
    try await withSession(cancellation) { session in
      let connection = PostgresConnection(session, cancellation, opening: opening)
      defer { connection.markReturned() }
      let value: Value
      do {
        value = try await body(connection)
      } catch {
        return await verdict(error, connection)
      }
      do {
        try await commit(connection)
        return .done(value)
      } catch let error as PostgresError where error.isRetryable || error.leavesNothing {
        return .again(Setback(thrown: error, isUnsent: error.isUnsent))
      } catch {
        return .failed(error)
      }
    }
  }

  /// What to do after the body has thrown. The body may have thrown an error of its own because of one of the
  /// database's, so that one counts when it has ended the transaction.
  private func verdict<Value>(_ error: any Error, _ connection: PostgresConnection) async -> Attempt<Value> {
    guard !(error is CancellationError), let failure = connection.failure else { return .failed(error) }
    var hasEnded = failure.endsConnection && failure.kind != .usage(.copy)
    if failure.isRetryable || failure.meansStaleStatement {
      hasEnded = await connection.session.transaction == .failed
    }
    return hasEnded ? .again(Setback(thrown: error, isUnsent: failure.isUnsent)) : .failed(error)
  }

  private func commit(_ connection: PostgresConnection) async throws {
    guard connection.isOpened else { return }
    if connection.cancellation == .cancelsQuery { try Task.checkCancellation() }
    // Once it is on its way, COMMIT is quick, and half an answer is worse than a late one.
    let commit = try EncodedStatement(PostgresStatement("COMMIT"))
    let results = try await connection.session.run([commit], .carriesThrough)
    guard results.first?.storage.commandTag == "COMMIT" else {
      // The body has swallowed the failure that ended its transaction.
      if let failure = connection.failure, failure.isRetryable { throw failure }
      throw PostgresError(
        .usage(.failedTransaction),
        "the transaction was rolled back because of a failure that its body ignored: "
          + (connection.failure?.description ?? "unknown"))
    }
  }
}
