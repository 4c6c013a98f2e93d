import Foundation
import Graph
import Postgres

/// One try of a transaction whose outcome is always found out.
struct PostgresWrite: Sendable {
  let client: PostgresClient
  let retry: PostgresRetry

  /// - Throws: ``PostgresError`` when nothing was written, or when nobody says for too long whether it was.
  func run<Value: Sendable>(
    _ statements: [PostgresStatement],
    _ body: @Sendable (PostgresConnection, [PostgresResult]) async throws -> Value
  ) async throws -> Value {
    var done: (transaction: Transaction, value: Value)?
    do {
      return try await client.transaction(cancellation: .carriesThrough) { connection in
        done = nil
        let token = UUID()
        let results = try await connection.pipeline([Transaction.statement(token)] + statements)
        let transaction = try Transaction(results[0], token: token)
        let value = try await body(connection, Array(results.dropFirst()))
        done = (transaction, value)
        return value
      }
    } catch let error as PostgresError where error.outcomeIsUnknown || error.isConnectionFailure {
      // Without a value, COMMIT was never sent.
      guard let done, try await wasCommitted(done.transaction) else { throw error }
      return done.value
    }
  }

  /// A transaction as the server knows it.
  private struct Transaction: Sendable {
    /// Text: 64 bits, which no later transaction has again.
    let id: String
    let backend: Int64
    /// The row that the transaction leaves in `writes`. After a crash PostgreSQL may give out a number again that it had
    /// given to a transaction which is lost: only the row says that this one is there.
    let token: UUID

    /// It also sets, for this transaction:
    /// - that each statement is planned for what it is given. A plan that was made once for all, while the tables were
    ///   empty, reads all of a table for a list of ids, and is kept until the server has analysed the table: a minute in
    ///   which a new database has taken in thousands of rows.
    /// - that the server gives it up when nothing comes any more. A machine that lost its power says no farewell, and the
    ///   rows that its transaction holds would stay locked for hours.
    static func statement(_ token: UUID) -> PostgresStatement {
      PostgresStatement(
        """
        WITH token AS (INSERT INTO writes (id) VALUES ($1))
        SELECT pg_current_xact_id()::text AS id, pg_backend_pid()::bigint AS backend,
          set_config('plan_cache_mode', 'force_custom_plan', true) AS planning,
          set_config('idle_in_transaction_session_timeout', '20s', true) AS patience
        """, [.uuid(token)])
    }

    init(_ result: PostgresResult, token: UUID) throws {
      self.token = token
      guard let row = result.first else { throw StoredValues.unreadable("transaction") }
      id = try row["id"]
      backend = try row["backend"]
    }
  }

  /// Asks until the server knows. A transaction whose connection broke may be open for a while, holding its locks, because
  /// the server has not noticed: it is ended.
  private func wasCommitted(_ transaction: Transaction) async throws -> Bool {
    let deadline = ContinuousClock.now + retry.patience
    while true {
      let status: String = try await retry.run(.carriesThrough) { _ in try await self.status(of: transaction)
      }
      switch status {
      case "committed": return try await hasLeft(transaction.token)
      case "in progress" where ContinuousClock.now < deadline:
        await PostgresRetry.wait(.milliseconds(20))
      case "in progress":
        throw StoreError(.unavailable, "The database does not say whether this was saved. Try again.")
      default: return false
      }
    }
  }

  private func hasLeft(_ token: UUID) async throws -> Bool {
    try await retry.run(.carriesThrough) { _ in
      let rows = try await client.query(
        "SELECT EXISTS (SELECT 1 FROM writes WHERE id = $1) AS found", [.uuid(token)],
        cancellation: .carriesThrough)
      return try rows.first?["found"] ?? false
    }
  }

  private func status(of transaction: Transaction) async throws -> String {
    do {
      let rows = try await client.query(
        """
        SELECT pg_xact_status($1::text::xid8) AS status,
          (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
           WHERE pid = $2 AND backend_xid = $1::text::xid8::xid AND state LIKE 'idle in transaction%') AS ended
        """,
        [.text(transaction.id), .int(transaction.backend)], cancellation: .carriesThrough)
      return try rows.first?["status"] ?? "unknown"
    } catch let error as PostgresError where error.sqlState == "22023" {
      // "in the future": a standby that has taken over never received it.
      return "unknown"
    }
  }
}
