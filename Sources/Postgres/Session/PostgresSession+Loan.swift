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
    _ = try await run([EncodedStatement(Self.settingTimeout(duration))], cancellation)
    statementTimeout = duration
  }

  private static func settingTimeout(_ duration: Duration?) -> PostgresStatement {
    PostgresStatement(
      "SELECT set_config('statement_timeout', $1, false)", [.text("\(duration?.milliseconds ?? 0)")])
  }

  /// Asks the server for a sign of life; closes the connection when there is none in time.
  func ping(within limit: Duration) async -> Bool {
    let answer: Void? = try? await perform(.carriesThrough, .probe) { session in
      session.setDeadline(.now + limit)
      _ = try await session.exchange([])
    }
    return answer != nil
  }

  /// Makes the connection as good as new for the next loan: rolls back what is open, and closes the connection when
  /// that is not possible within a moment.
  func reset() async {
    guard !isClosed else { return }
    var statements: [PostgresStatement] = []
    if transaction != .none { statements.append(PostgresStatement("ROLLBACK")) }
    if statementTimeout != configuration.statementTimeout {
      statements.append(Self.settingTimeout(configuration.statementTimeout))
    }
    guard !statements.isEmpty else { return }
    do {
      let encoded = try statements.map { try EncodedStatement($0) }
      try await perform(.carriesThrough, .probe) { session in
        session.setDeadline(.now + Self.resetTimeout)
        _ = try await session.exchange(encoded)
      }
      statementTimeout = configuration.statementTimeout
    } catch {
      close()
    }
  }

  private static let resetTimeout = Duration.seconds(3)
}
