internal import CPostgres

extension PostgresSession {
  /// How a transaction stands.
  enum Transaction {
    case none, open, failed
  }

  var transaction: Transaction {
    guard !isClosed else { return .none }
    return switch PQtransactionStatus(connection) {
    case PQTRANS_INTRANS: .open
    case PQTRANS_INERROR: .failed
    default: .none
    }
  }

  func setStatementTimeout(_ duration: Duration?, _ cancellation: PostgresCancellation) async throws {
    let milliseconds = duration?.milliseconds ?? 0
    let set = PostgresStatement(
      "SELECT set_config('statement_timeout', $1, false)", [.text("\(milliseconds)")])
    _ = try await run([EncodedStatement(set)], cancellation)
    statementTimeout = duration
  }

  /// Asks the server for a sign of life.
  func ping(within limit: Duration) async -> Bool {
    let former = statementTimeout
    statementTimeout = limit
    defer { statementTimeout = former }
    return (try? await run([], .carriesThrough)) != nil
  }

  /// Makes the connection as good as new for the next loan: rolls back what is open, and closes the connection when that is
  /// not possible within a moment.
  func reset() async {
    guard !isClosed else { return }
    let changedTimeout = statementTimeout != configuration.statementTimeout
    do {
      statementTimeout = Self.resetTimeout
      if transaction != .none {
        _ = try await run([EncodedStatement(PostgresStatement("ROLLBACK"))], .carriesThrough)
      }
      if changedTimeout { try await setStatementTimeout(configuration.statementTimeout, .carriesThrough) }
      statementTimeout = configuration.statementTimeout
    } catch {
      close()
    }
  }

  private static let resetTimeout = Duration.seconds(3)
}
