public import Foundation
public import Graph
import Postgres

/// Vectors in PostgreSQL with pgvector. Without that extension there are no models, and none can be added.
public struct PostgresEmbeddingStore: EmbeddingStore {
  let database: PostgresDatabase
  let owner: String

  public func embeddingModels() async throws -> [StoredEmbeddingModel] {
    guard case .available = database.knowledge.vectors else { return [] }
    return try await database.read { connection in
      let models = PostgresEmbeddingModel.statement(owner: owner)
      let results = try await connection.pipeline([
        models,
        PostgresStatement(
          "SELECT coalesce(sum(chunk_count), 0)::bigint FROM documents WHERE owner = $1", [.text(owner)]),
        PostgresStatement(
          """
          SELECT model, count(*) FROM embedding_queue
          WHERE model IN (SELECT sequence FROM embedding_models WHERE owner = $1 AND NOT is_retired) GROUP BY 1
          """, [.text(owner)]),
      ])
      let chunks: Int = try results[1].first?[0] ?? 0
      let waiting = Dictionary(
        try results[2].map { (try $0[0] as Int64, try $0[1] as Int) }, uniquingKeysWith: { first, _ in first }
      )
      return try results[0].map(PostgresEmbeddingModel.init(row:)).map { model in
        StoredEmbeddingModel(
          descriptor: model.descriptor, isServing: model.isServing,
          embeddedCount: chunks - (waiting[model.sequence] ?? 0), chunkCount: chunks)
      }
    }
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/unavailable`` without the extension, which is looked for again.
  public func add(_ model: EmbedderDescriptor) async throws {
    try await requireVectors()
    try await database.write { connection in
      // No document is stored meanwhile: each chunk is in the queue once.
      let lock = "SELECT pg_advisory_xact_lock(\(PostgresLocks.key("$1")))"
      let known = PostgresEmbeddingModel.statement(id: model.id, owner: owner)
      let results = try await connection.pipeline([
        PostgresStatement(lock, [.text(PostgresLocks.models(of: owner))]), known,
      ])
      if let known = try results[1].first.map(PostgresEmbeddingModel.init(row:)) {
        return try Self.check(model, isLike: known.descriptor)
      }
      _ = try await connection.query(
        """
        WITH model AS (
          INSERT INTO embedding_models (owner, id, dimension, max_tokens, is_serving)
          VALUES ($1, $2, $3, $4, NOT EXISTS (SELECT FROM embedding_models WHERE owner = $1 AND is_serving))
          RETURNING sequence
        )
        INSERT INTO embedding_queue (model, created_at, document, chunk)
        SELECT model.sequence, documents.created_at, documents.sequence, chunks.sequence
        FROM model, documents JOIN chunks ON chunks.document = documents.sequence WHERE documents.owner = $1
        """,
        [.text(owner), .text(model.id), .int(Int64(model.dimension)), PostgresValue(model.maxTokens)])
    }
  }

  private static func check(_ model: EmbedderDescriptor, isLike known: EmbedderDescriptor) throws {
    guard known.dimension != model.dimension else { return }
    throw StoreError(
      .conflict,
      "The embedding model makes vectors of \(model.dimension) numbers, but those stored under its name have \(known.dimension). Give it another name.",
      detail: "embedding model \(model.id)")
  }

  /// - Throws: ``StoreError`` when the extension is not there, also after another look.
  private func requireVectors() async throws {
    if case .available = database.knowledge.vectors { return }
    database.knowledge.vectors = try await PostgresErrorMapping.run {
      try await PostgresVectorExtension.prepare(database.client)
    }
    _ = try vectors
  }

  /// - Throws: ``StoreError`` when the extension is not there.
  var vectors: PostgresVectorExtension {
    get throws {
      switch database.knowledge.vectors {
      case .available(let vectors): return vectors
      case .unavailable(let reason): throw StoreError(.unavailable, reason)
      }
    }
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/notFound``.
  func model(_ id: String) async throws -> PostgresEmbeddingModel {
    _ = try vectors
    let statement = PostgresEmbeddingModel.statement(id: id, owner: owner)
    return try PostgresEmbeddingModel.only(
      try await database.query(statement.sql, statement.parameters), id: id)
  }
}

// MARK: - Vectors of chunks

extension PostgresEmbeddingStore {
  public func saveEmbeddings(_ embeddings: [UUID: TextEmbedding], model: String) async throws {
    let vectors = try vectors
    try await database.write { connection in
      let model = try await connection.lockedModel(model, owner: owner)
      let writer = try PostgresVectorWriter(
        owner: owner, model: model, vectors: vectors, embeddings: embeddings)
      _ = try await connection.pipeline(writer.statements)
    }
  }

  public func embeddings(of chunks: [UUID], model: String) async throws -> [UUID: TextEmbedding] {
    _ = try vectors
    return try await database.read { connection in
      let statement = PostgresEmbeddingModel.statement(id: model, owner: owner)
      let values = """
        SELECT c.id, v.embedding::real[], s.value
        FROM embedding_models m, chunks c
        JOIN chunk_vectors v ON v.chunk = c.sequence
        LEFT JOIN chunk_vector_spans s ON s.model = v.model AND s.chunk = v.chunk
        WHERE m.owner = $1 AND m.id = $2 AND v.model = m.sequence AND c.owner = $1 AND c.id = ANY ($3)
        """
      let results = try await connection.pipeline([
        statement, PostgresStatement(values, [.text(owner), .text(model.storable), .uuids(chunks)]),
      ])
      let model = try PostgresEmbeddingModel.only(results[0], id: model)
      var embeddings: [UUID: TextEmbedding] = [:]
      for row in results[1] {
        let spans: Data? = try row[2]
        embeddings[try row[0]] = TextEmbedding(
          vector: try row[1],
          spans: try spans.map { try SpanVectors.decode($0, dimension: model.descriptor.dimension) } ?? [])
      }
      return embeddings
    }
  }

  public func embeddedCounts(documents: [UUID], model: String) async throws -> [UUID: Int] {
    let model = try await self.model(model)
    let rows = try await database.query(
      """
      SELECT id, chunk_count - (
        SELECT count(*) FROM embedding_queue WHERE document = documents.sequence AND model = $1
      )
      FROM documents WHERE owner = $2 AND id = ANY ($3)
      """, [.int(model.sequence), .text(owner), .uuids(documents)])
    return Dictionary(
      try rows.map { (try $0[0] as UUID, try $0[1] as Int) }, uniquingKeysWith: { first, _ in first })
  }
}
