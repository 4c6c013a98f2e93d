import Graph
import Logging
import Postgres

/// The HNSW index of one model's vectors. It is built and dropped without keeping anyone from reading or writing.
struct PostgresVectorIndex {
  let database: PostgresDatabase
  let vectors: PostgresVectorExtension
  let model: PostgresEmbeddingModel

  /// Fewer vectors than this are compared one by one, which takes a few milliseconds and misses none.
  static let threshold = 5_000
  /// How many neighbours a vector has in the graph, and how many candidates are looked at for them. pgvector's own.
  private static let (links, candidates) = (16, 64)
  /// Memory for the graph while it is built, in megabytes; a larger one is finished on the disk, several times slower.
  private static let memory = 64...1_024

  /// Builds the index unless it is there, there are fewer vectors than `threshold`, or they are too long for one. An index that
  /// was left unfinished is built anew.
  /// - Throws: ``StoreError``. Searches compare all vectors then.
  func build(from threshold: Int = threshold) async throws {
    guard !model.isIndexed, let type = vectors.indexedType(dimension: model.descriptor.dimension) else {
      return
    }
    let counted = try await database.query(
      "SELECT count(*) FROM (SELECT FROM chunk_vectors WHERE model = $1) counted", [.int(model.sequence)])
    let count: Int = try counted.first?[0] ?? 0
    guard count >= threshold else { return }
    try await PostgresErrorMapping.run {
      try await Self.alone(model.sequence, database) { connection in
        database.logger.info(
          "Building an index of vectors",
          metadata: ["model": "\(model.descriptor.id)", "vectors": "\(count)"])
        _ = try await connection.query("DROP INDEX CONCURRENTLY IF EXISTS \(model.index)")
        try await create(type: type, count: count, connection)
        // So many have come at once that the server's own time for it may be far off.
        for table in ["chunks", "chunk_vectors"] { _ = try await connection.query("ANALYZE \(table)") }
        database.logger.info("The index of vectors is built", metadata: ["model": "\(model.descriptor.id)"])
      }
    }
    database.knowledge.remember(nil, id: model.descriptor.id, of: model.owner)
  }

  private func create(type: String, count: Int, _ connection: PostgresConnection) async throws {
    let (schema, dimension) = (vectors.schema, model.descriptor.dimension)
    let bytes = count * (dimension * (type == "halfvec" ? 2 : 4) + 600)
    let megabytes = min(max(bytes >> 20, Self.memory.lowerBound), Self.memory.upperBound)
    let sql = """
      CREATE INDEX CONCURRENTLY IF NOT EXISTS \(model.index) ON chunk_vectors
      USING hnsw ((embedding::\(schema).\(type)(\(dimension))) \(schema).\(type)_cosine_ops)
      WITH (m = \(Self.links), ef_construction = \(Self.candidates)) WHERE model = \(model.sequence)
      """
    do {
      _ = try await connection.query("SET maintenance_work_mem = '\(megabytes)MB'")
      _ = try await connection.query(sql)
    } catch let error as PostgresError where !error.isConnectionFailure {
      // Several processes build it in shared memory, of which containers often have little.
      database.logger.warning("An index is built by one process now", metadata: ["error": "\(error)"])
      _ = try await connection.query("DROP INDEX CONCURRENTLY IF EXISTS \(model.index)")
      _ = try await connection.query("SET max_parallel_maintenance_workers = 0")
      _ = try await connection.query(sql)
    }
  }

  /// Drops the index of a model that is no longer used, so that its vectors are deleted faster. They can be deleted without.
  static func drop(model: Int64, _ database: PostgresDatabase) async {
    do {
      try await alone(model, database) { connection in
        _ = try await connection.query(
          "DROP INDEX CONCURRENTLY IF EXISTS \(PostgresEmbeddingModel.index(of: model))")
      }
    } catch {
      database.logger.warning("An index of vectors was not dropped", metadata: ["error": "\(error)"])
    }
  }

  /// Runs `body` unless another process is at work on the same index.
  ///
  /// PostgreSQL does such work in no transaction, and a lock of the session would be lost behind a pooler: so a transaction
  /// on a second connection holds the lock.
  private static func alone(
    _ model: Int64, _ database: PostgresDatabase, _ body: @Sendable (PostgresConnection) async throws -> Void
  ) async throws {
    var configuration = database.configuration
    configuration.poolSize = 2
    let client = PostgresClient(configuration, logger: database.logger)
    do {
      try await client.transaction(retries: 0) { holder in
        let lock = try await holder.query(
          "SELECT pg_try_advisory_xact_lock(\(PostgresLocks.key("$1")))", ["vector index \(model)"])
        guard try lock.first?[0] ?? false else { return }
        // The last statement of a transaction keeps its snapshot, for which a build on the other connection would wait for
        // ever. This one has none.
        _ = try await holder.query("SET LOCAL idle_in_transaction_session_timeout = 0")
        try await client.withConnection { connection in
          try await connection.setStatementTimeout(nil)
          try await body(connection)
        }
      }
      await client.close()
    } catch {
      await client.close()
      throw error
    }
  }
}
