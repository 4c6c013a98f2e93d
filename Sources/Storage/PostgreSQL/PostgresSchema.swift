import Graph
import Postgres

/// The tables, as a list of steps that only ever grows.
///
/// Tables stand in the first schema of the connection's search path, so that several Rills can share a database. Every
/// row that a user has made carries its owner, in its key and in the keys that point to it: one owner's row can never
/// belong to another's.
enum PostgresSchema {
  /// A change of the tables. Its number is its place in the list, from 1.
  struct Step: Sendable {
    let name: String
    let script: String

    init(_ name: String, _ script: String) {
      self.name = name
      self.script = script
    }
  }

  static let steps: [Step] = [
    Step("conversations", PostgresConversationSchema.tables),
    Step("runs", PostgresRunSchema.tables),
    Step("cluster", PostgresClusterSchema.tables),
    Step("ingestion", PostgresIngestionSchema.tables),
    Step("knowledge", PostgresKnowledgeSchema.tables),
    Step("writes", PostgresClusterSchema.writes),
  ]

  /// Brings the tables up to date. Any number of processes may do so at once: one of them takes each step.
  /// - Throws: ``StoreError`` with ``StoreError/Code/newerSchema`` when a newer Rill made them; nothing is touched then.
  ///   ``PostgresError``.
  static func migrate(_ client: PostgresClient, steps: [Step] = steps) async throws {
    var applied = try await appliedSteps(client)
    while try isBehind(applied, of: steps) {
      applied = try await client.transaction(cancellation: .cancelsQuery) { connection in
        try await takeStep(connection, steps)
      }
    }
  }

  /// How many steps a database has taken; 0 for an empty one.
  private static func appliedSteps(_ client: PostgresClient) async throws -> Int {
    let tables = try await client.query(
      "SELECT to_regclass(quote_ident(current_schema()) || '.rill_migrations') IS NOT NULL AS found",
      cancellation: .cancelsQuery)
    guard try tables.first?["found"] ?? false else { return 0 }
    return try await client.query(newest, cancellation: .cancelsQuery).first?["number"] ?? 0
  }

  /// Takes the next step, unless another process has taken the last.
  /// - Returns: how many have been taken now.
  private static func takeStep(_ connection: PostgresConnection, _ steps: [Step]) async throws -> Int {
    // Held to the end of this transaction. A lock of the session would be lost behind a pooler.
    _ = try await connection.query(
      "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 72111108))")
    try await connection.execute(
      script: """
        CREATE TABLE IF NOT EXISTS rill_migrations (
          number bigint PRIMARY KEY,
          name text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        """)
    let applied: Int = try await connection.query(newest).first?["number"] ?? 0
    guard try isBehind(applied, of: steps) else { return applied }
    let step = steps[applied]
    try await connection.execute(script: step.script)
    _ = try await connection.query(
      "INSERT INTO rill_migrations (number, name) VALUES ($1, $2)",
      [.int(Int64(applied + 1)), .text(step.name)])
    return applied + 1
  }

  private static func isBehind(_ applied: Int, of steps: [Step]) throws -> Bool {
    guard applied <= steps.count else {
      throw StoreError(
        .newerSchema,
        "The database was made by a newer version of Rill. Update Rill, or choose another database.")
    }
    return applied < steps.count
  }

  private static let newest = "SELECT coalesce(max(number), 0) AS number FROM rill_migrations"
}
