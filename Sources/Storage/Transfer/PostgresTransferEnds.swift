import Graph
import Postgres

/// A PostgreSQL database that is copied from.
struct PostgresTransferSource: TransferSource {
  let database: PostgresDatabase

  func withSnapshot<Value: Sendable>(
    _ body: (any TransferReader) async throws -> Value
  ) async throws -> Value {
    try await PostgresErrorMapping.run {
      try await database.client.transaction(isolation: .repeatableRead, readOnly: true, retries: 0) {
        connection in
        try await database.prepareForCopy(connection)
        let running = try await connection.query(
          "SELECT EXISTS (SELECT FROM runs WHERE status = 'running')")
        if try running.first?[0] ?? false { throw TransferObstacle.runningRuns }
        return try await body(
          PostgresTransferReader(connection: connection, hasVectors: database.vectorsUnavailable == nil))
      }
    }
  }
}

/// A PostgreSQL database that is copied to.
///
/// The whole copy is one transaction: nobody sees any of it before all is there and compared, and when the copy ends early, by
/// an error or by the death of either process, PostgreSQL forgets it.
struct PostgresTransferTarget: TransferTarget {
  let database: PostgresDatabase

  func fill<Value: Sendable>(
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value {
    try await PostgresErrorMapping.run {
      try await database.client.transaction(retries: 0) { connection in
        try await database.prepareForCopy(connection)
        try await empty(connection)
        return try await body(
          PostgresTransferStore(connection: connection, vectors: database.knowledge.vectors))
      }
    }
  }

  /// Takes the tables for itself, and removes what a server leaves that has never been used.
  private func empty(_ connection: PostgresConnection) async throws {
    _ = try await connection.query(
      """
      LOCK TABLE sessions, documents, ingestion_jobs, embedding_models, settings IN SHARE ROW EXCLUSIVE MODE NOWAIT
      """)
    let found = try await connection.query(
      """
      SELECT EXISTS (SELECT FROM sessions) OR EXISTS (SELECT FROM documents)
        OR EXISTS (SELECT FROM ingestion_jobs)
      """)
    if try found.first?[0] ?? true { throw TransferObstacle.notEmpty }
    for table in ["embedding_queue", "embedding_models", "settings", "checkpoints", "originals"] {
      _ = try await connection.query("DELETE FROM \(table)")
    }
  }
}

extension PostgresDatabase {
  /// - Throws: ``TransferObstacle/serving`` while nodes are alive.
  fileprivate func prepareForCopy(_ connection: PostgresConnection) async throws {
    try await connection.setStatementTimeout(nil)
    _ = try await connection.pipeline([
      PostgresStatement("SET LOCAL idle_in_transaction_session_timeout = 0"),
      // Rows are looked up by their keys, a batch at a time. Without statistics of tables that have just been filled, the
      // planner might go through all of them for each batch.
      PostgresStatement("SET LOCAL enable_hashjoin = off"),
      PostgresStatement("SET LOCAL enable_mergejoin = off"),
      PostgresStatement("SET LOCAL enable_seqscan = off"),
      PostgresStatement("SET LOCAL jit = off"),
    ])
    let living = try await connection.query(
      "SELECT EXISTS (SELECT FROM nodes WHERE lease_until > clock_timestamp())")
    if try living.first?[0] ?? false { throw TransferObstacle.serving }
  }
}
