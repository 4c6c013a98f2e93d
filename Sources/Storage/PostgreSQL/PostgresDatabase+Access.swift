import Graph
import Postgres

extension PostgresDatabase {
  /// One statement that only reads.
  func query(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresResult {
    try await PostgresErrorMapping.run {
      try await retry.run(.cancelsQuery) { _ in
        try await client.query(sql, parameters, cancellation: .cancelsQuery)
      }
    }
  }

  /// Statements that only read, in one round trip.
  func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
    try await PostgresErrorMapping.run {
      try await retry.run(.cancelsQuery) { _ in
        try await client.pipeline(statements, cancellation: .cancelsQuery)
      }
    }
  }

  /// Several statements that only read, and see the data as they were at one moment.
  func read<Value: Sendable>(
    _ body: @Sendable (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    try await PostgresErrorMapping.run {
      try await retry.run(.cancelsQuery) { _ in
        try await client.transaction(
          isolation: .repeatableRead, readOnly: true, cancellation: .cancelsQuery, body)
      }
    }
  }

  /// One statement that writes and that may be done twice: the second time changes nothing and says the same. Everything
  /// else goes through ``write(on:_:)``.
  @discardableResult
  func execute(
    on client: PostgresClient? = nil, _ sql: String, _ parameters: [PostgresValue] = []
  ) async throws -> PostgresResult {
    try await PostgresErrorMapping.run {
      try await retry.run(.carriesThrough) { _ in
        try await (client ?? self.client).query(sql, parameters, cancellation: .carriesThrough)
      }
    }
  }

  /// Runs `body` in a transaction, whether the task is cancelled or not, and commits what it did exactly once.
  ///
  /// When the connection breaks before anything was committed, `body` runs again on another one. When it breaks while
  /// the commit was under way, PostgreSQL is asked what became of that transaction.
  /// - Parameter client: one of this database's; `nil` for the general one.
  func write<Value: Sendable>(
    on client: PostgresClient? = nil, _ body: @Sendable (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    try await PostgresErrorMapping.run {
      try await commit(on: client ?? self.client) { connection, _ in try await body(connection) }
    }
  }

  /// The same, for a caller that wants to know what PostgreSQL itself said.
  /// - Parameters:
  ///   - statements: the first of the transaction, in one round trip with its beginning. `body` gets their results.
  /// - Throws: ``PostgresError``, and what `body` throws.
  func commit<Value: Sendable>(
    on client: PostgresClient, beginningWith statements: [PostgresStatement] = [],
    _ body: @Sendable (PostgresConnection, [PostgresResult]) async throws -> Value
  ) async throws -> Value {
    try await retry.run(.carriesThrough) { _ in
      try await PostgresWrite(client: client, retry: retry).run(statements, body)
    }
  }
}
