import Graph
import Postgres

/// PostgreSQL's extension for vectors, pgvector, as it is in this database.
struct PostgresVectorExtension: Sendable, Hashable {
  /// Where its types and operators stand, quoted.
  let schema: String
  let major: Int
  let minor: Int

  enum State: Sendable {
    case available(PostgresVectorExtension)
    /// - reason: a sentence for people.
    case unavailable(reason: String)
  }

  /// 16-bit vectors came with 0.7.
  var hasHalfPrecision: Bool { (major, minor) >= (0, 7) }
  /// An index that goes on when a filter has left too few came with 0.8.
  var hasIterativeScan: Bool { (major, minor) >= (0, 8) }

  /// What a model's vectors are in an index; `nil` when the index cannot hold vectors of this length.
  func indexedType(dimension: Int) -> String? {
    if hasHalfPrecision, dimension <= 4_000 { return "halfvec" }
    return dimension <= 2_000 ? "vector" : nil
  }

  /// Makes the extension and its tables unless they are there.
  /// - Throws: ``PostgresError`` when the server fails; that the extension cannot be had is a ``State``.
  static func prepare(_ client: PostgresClient) async throws -> State {
    if let found = try await find(client) { return try await makeTables(found, client) }
    let available = try await client.query(
      "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'", cancellation: .cancelsQuery)
    guard !available.isEmpty else { return .unavailable(reason: notInstalled) }
    do {
      _ = try await client.query("CREATE EXTENSION IF NOT EXISTS vector", cancellation: .cancelsQuery)
    } catch let error as PostgresError where !error.isConnectionFailure {
      // Not allowed, or another node has made it at the same moment.
      guard let found = try await find(client) else { return .unavailable(reason: notCreated) }
      return try await makeTables(found, client)
    }
    guard let found = try await find(client) else { return .unavailable(reason: notCreated) }
    return try await makeTables(found, client)
  }

  private static let notInstalled = """
    PostgreSQL lacks the extension pgvector, so only words are searched. Install pgvector on the database's server, and \
    run CREATE EXTENSION vector.
    """
  private static let notCreated = """
    This database lacks the extension pgvector, and Rill's user may not create it, so only words are searched. Run CREATE \
    EXTENSION vector as the database's administrator.
    """

  private static func find(_ client: PostgresClient) async throws -> PostgresVectorExtension? {
    let rows = try await client.query(
      """
      SELECT quote_ident(nspname) AS schema, extversion AS version
      FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'
      """, cancellation: .cancelsQuery)
    guard let row = rows.first else { return nil }
    let version: String = try row["version"]
    let numbers = version.split(separator: ".").map { Int($0) ?? 0 } + [0, 0]
    return PostgresVectorExtension(schema: try row["schema"], major: numbers[0], minor: numbers[1])
  }

  /// - `chunk_vectors`: vectors of all models, in 32 bits. Up to about 2,000 components they stand in the row itself, which
  ///   makes comparing all of them several times as fast.
  /// - `chunk_vector_spans`: see ``SpanVectors``. Only reranking reads them.
  private static func makeTables(
    _ vectors: PostgresVectorExtension, _ client: PostgresClient
  ) async throws -> State {
    let isThere = try await client.query(
      "SELECT to_regclass(quote_ident(current_schema()) || '.chunk_vector_spans') IS NOT NULL",
      cancellation: .cancelsQuery)
    if try isThere.first?[0] ?? false { return .available(vectors) }
    try await client.transaction(cancellation: .cancelsQuery) { connection in
      _ = try await connection.query("SELECT pg_advisory_xact_lock(\(PostgresLocks.key("'vectors'")))")
      try await connection.execute(
        script: """
          CREATE TABLE IF NOT EXISTS chunk_vectors (
            model bigint NOT NULL REFERENCES embedding_models (sequence),
            chunk bigint NOT NULL REFERENCES chunks (sequence) ON DELETE CASCADE,
            document bigint NOT NULL,
            embedding \(vectors.schema).vector NOT NULL,
            PRIMARY KEY (model, chunk)
          ) WITH (toast_tuple_target = 8160);
          CREATE INDEX IF NOT EXISTS chunk_vectors_by_chunk ON chunk_vectors (chunk);
          CREATE INDEX IF NOT EXISTS chunk_vectors_by_document ON chunk_vectors (document, model);
          CREATE TABLE IF NOT EXISTS chunk_vector_spans (
            model bigint NOT NULL,
            chunk bigint NOT NULL,
            value bytea NOT NULL,
            PRIMARY KEY (model, chunk),
            FOREIGN KEY (model, chunk) REFERENCES chunk_vectors (model, chunk) ON DELETE CASCADE
          );
          ALTER TABLE chunk_vector_spans ALTER COLUMN value SET STORAGE EXTERNAL;
          """)
    }
    return .available(vectors)
  }
}
