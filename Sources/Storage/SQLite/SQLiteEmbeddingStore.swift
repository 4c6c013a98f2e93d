import Foundation
import GRDB
import Graph

/// Vectors in SQLite, searched in memory.
struct SQLiteEmbeddingStore: EmbeddingStore {
  let database: SQLiteDatabase
  let owner: Owner

  /// How many vectors of a model that is no longer used are deleted at once. Other writers wait that long.
  static let deletionBatch = 2_000

  func embeddingModels() async throws -> [StoredEmbeddingModel] {
    try await database.read { db in
      let chunks =
        try Int.fetchOne(
          db, sql: "SELECT coalesce(sum(chunk_count), 0) FROM documents WHERE owner = ?",
          arguments: [owner.id]) ?? 0
      return try SQLiteEmbeddingModel.all(owner, db).map { model in
        let waiting = try Int.fetchOne(
          db, sql: "SELECT count(*) FROM embedding_queue WHERE model = ?", arguments: [model.index.sequence])
        return StoredEmbeddingModel(
          descriptor: model.descriptor, isServing: model.isServing,
          embeddedCount: chunks - (waiting ?? 0), chunkCount: chunks)
      }
    }
  }

  func add(_ model: EmbedderDescriptor) async throws {
    try await database.write { db in
      if let known = try SQLiteEmbeddingModel.find(id: model.id, owner, db) {
        guard known.descriptor.dimension != model.dimension else { return }
        throw StoreError(
          .conflict,
          "The embedding model makes vectors of \(model.dimension) numbers, but those stored under its name have \(known.descriptor.dimension). Give it another name.",
          detail: "embedding model \(model.id)")
      }
      try db.execute(
        sql: """
          INSERT INTO embedding_models (owner, id, dimension, max_tokens, is_serving)
          VALUES (?1, ?2, ?3, ?4, NOT EXISTS (SELECT 1 FROM embedding_models WHERE owner = ?1 AND is_serving))
          """,
        arguments: [owner.id, model.id, model.dimension, model.maxTokens])
      try db.execute(
        sql: """
          INSERT INTO embedding_queue (model, created_at, document, chunk)
          SELECT ?, documents.created_at, documents.sequence, chunks.sequence
          FROM documents JOIN chunks ON chunks.document_id = documents.id WHERE documents.owner = ?
          """,
        arguments: [db.lastInsertedRowID, owner.id])
    }
  }

  func serve(model: String) async throws {
    try await database.write { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db)
      // Its vectors are many: for everyone else they are gone from here on, and then they are deleted bit by bit.
      try db.execute(
        sql: """
          UPDATE embedding_models SET id = 'retired/' || sequence, is_retired = 1, is_serving = 0
          WHERE owner = ? AND sequence <> ? AND is_retired = 0
          """,
        arguments: [owner.id, model.index.sequence])
      try db.execute(
        sql: "UPDATE embedding_models SET is_serving = 1 WHERE sequence = ?",
        arguments: [model.index.sequence])
    }
    try await deleteRetiredVectors()
  }

  /// Also finishes what an earlier process began.
  func deleteRetiredVectors() async throws {
    while true {
      let isDone = try await database.write { db in
        let retired = "SELECT sequence FROM embedding_models WHERE owner = ? AND is_retired"
        try db.execute(
          sql: """
            DELETE FROM chunk_vectors WHERE sequence IN (
              SELECT sequence FROM chunk_vectors WHERE model IN (\(retired)) LIMIT ?
            )
            """,
          arguments: [owner.id, Self.deletionBatch])
        guard db.changesCount < Self.deletionBatch else { return false }
        try db.execute(
          sql: "DELETE FROM embedding_models WHERE owner = ? AND is_retired", arguments: [owner.id])
        return true
      }
      if isDone { break }
    }
    // The index is that of all owners.
    database.vectors.keep(
      models: try await database.read {
        try Int64.fetchSet($0, sql: "SELECT sequence FROM embedding_models")
      })
  }

  func chunksToEmbed(model: String, limit: Int) async throws -> [ChunkToEmbed] {
    try await database.read { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db)
      return try Row.fetchAll(
        db,
        sql: """
          SELECT \(Chunk.columns), chunks.title FROM embedding_queue JOIN chunks ON chunks.sequence = embedding_queue.chunk
          WHERE model = ?
          ORDER BY embedding_queue.created_at, embedding_queue.document, embedding_queue.chunk LIMIT ?
          """,
        arguments: [model.index.sequence, max(limit, 0)]
      ).map { ChunkToEmbed(chunk: try Chunk(row: $0), title: $0[Chunk.columnCount]) }
    }
  }

  func saveEmbeddings(_ embeddings: [UUID: TextEmbedding], model: String) async throws {
    try await database.write { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db)
      try SQLiteVectorWriter(db: db, owner: owner, model: model.index).save(embeddings)
    }
  }

  func embeddings(of chunks: [UUID], model: String) async throws -> [UUID: TextEmbedding] {
    try await database.read { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db)
      let statement = try db.cachedStatement(
        sql: """
          SELECT wanted.key, chunk_vector_values.value, chunk_vector_spans.value
          FROM json_each(?) AS wanted
          CROSS JOIN chunks ON chunks.id = wanted.value
          CROSS JOIN chunk_vectors ON chunk_vectors.chunk = chunks.sequence AND chunk_vectors.model = ?
          CROSS JOIN chunk_vector_values ON chunk_vector_values.vector = chunk_vectors.sequence
          LEFT JOIN chunk_vector_spans ON chunk_vector_spans.vector = chunk_vectors.sequence
          """)
      let rows = try Row.fetchCursor(
        statement, arguments: [StoredValues.json(ids: chunks), model.index.sequence])
      var embeddings: [UUID: TextEmbedding] = [:]
      embeddings.reserveCapacity(chunks.count)
      while let row = try rows.next() {
        let dimension = model.index.dimension
        // The bytes are decoded where SQLite has them.
        embeddings[chunks[row[0] as Int]] = TextEmbedding(
          vector: try row.withUnsafeData(atIndex: 1) {
            try VectorBytes.vector($0 ?? Data(), dimension: dimension)
          },
          spans: try row.withUnsafeData(atIndex: 2) {
            try $0.map { try SpanVectors.decode($0, dimension: dimension) } ?? []
          })
      }
      return embeddings
    }
  }

  func embeddedCounts(documents: [UUID], model: String) async throws -> [UUID: Int] {
    let json = StoredValues.json(ids: documents)
    return try await database.read { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db)
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT id, chunk_count - (
            SELECT count(*) FROM embedding_queue WHERE document = documents.sequence AND model = ?
          ) AS embedded
          FROM documents WHERE id IN (SELECT value FROM json_each(?)) AND +owner = ?
          """,
        arguments: [model.index.sequence, json, owner.id])
      var counts: [UUID: Int] = [:]
      while let row = try rows.next() { counts[try StoredValues.id(row[0])] = row[1] }
      return counts
    }
  }

  func nearest(
    to vector: [Float], model: String, limit: Int, filter: SearchFilter
  ) async throws -> [Passage] {
    guard limit > 0 else { return [] }
    return try await database.vectors.nearest(
      to: vector, model: model, limit: limit, filter: filter, owner: owner)
  }

  /// Reads the vectors of a model into memory, so that the first search need not wait for it.
  func loadVectors(model: String) async throws {
    try await database.vectors.load(model: model, owner: owner)
  }
}
