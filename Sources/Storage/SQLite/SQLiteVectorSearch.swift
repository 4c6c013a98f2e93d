import Foundation
import GRDB
import Graph

/// Searches the vectors in memory, on threads of its own.
///
/// At most two searches run at once, each on one reading connection of the database: others stay free for everything
/// else, also while the first search after the start reads the vectors.
struct SQLiteVectorSearch: Sendable {
  private let writer: any DatabaseWriter
  private let index: VectorIndex
  private let queue: OperationQueue

  init(writer: any DatabaseWriter, index: VectorIndex) {
    self.writer = writer
    self.index = index
    queue = OperationQueue()
    queue.name = "rill.vectors"
    queue.qualityOfService = .userInitiated
    queue.maxConcurrentOperationCount = 2
  }

  /// Reads the vectors of a model, so that the first search finds them in memory.
  func load(model: String, owner: Owner) async throws {
    try await run { db in
      let model = try SQLiteEmbeddingModel.fetch(id: model, owner, db).index
      _ = try index.table(of: model, source: SQLiteVectorSource(db: db, model: model.sequence))
    }
  }

  func nearest(
    to vector: [Float], model: String, limit: Int, filter: SearchFilter, owner: Owner
  ) async throws -> [Passage] {
    let filter = SQLiteSearchFilter(filter, owner: owner)
    return try await whenUnchanged { db in
      let hits = try hits(nearestTo: vector, model: model, limit: limit, filter: filter, db)
      return try hits.map { try SQLitePassageReader(db: db, filter: filter).passages($0) }
    }
  }

  /// Searches for each vector, and gives what it finds to `use` in the same transaction.
  func nearest<Value: Sendable>(
    to query: QueryVectors, limit: Int, filter: SQLiteSearchFilter,
    use: @escaping @Sendable ([[ChunkHit]], Database) throws -> Value
  ) async throws -> Value {
    try await whenUnchanged { db in
      var lists: [[ChunkHit]] = []
      for vector in query.vectors {
        guard let hits = try hits(nearestTo: vector, model: query.model, limit: limit, filter: filter, db)
        else { return nil }
        lists.append(hits)
      }
      return try use(lists, db)
    }
  }

  func keep(models: Set<Int64>) { index.keep(models: models) }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.addOperation {
        continuation.resume(with: Result { try SQLiteErrorMapping.run { try writer.read(body) } })
      }
    }
  }

  /// Another reader may have brought the index to a state that this one's transaction does not see yet. Its next
  /// transaction does.
  private func whenUnchanged<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value?
  ) async throws -> Value {
    for _ in 0..<8 {
      try Task.checkCancellation()
      if let value = try await run(body) { return value }
    }
    throw StoreError(.unavailable, "The documents are changing too fast to be searched. Try again.")
  }

  /// - Returns: `nil` when one of the chunks found is not there in this transaction.
  private func hits(
    nearestTo vector: [Float], model id: String, limit: Int, filter: SQLiteSearchFilter, _ db: Database
  ) throws -> [ChunkHit]? {
    // A model belongs to an owner, and so do all vectors of it.
    let model = try SQLiteEmbeddingModel.fetch(id: id, filter.owner, db)
    guard model.descriptor.dimension == vector.count else {
      throw StoreError(
        .conflict, "The question's vector is not from the model whose vectors are searched.",
        detail: "dimension \(vector.count), expected \(model.descriptor.dimension)")
    }
    let table = try index.table(
      of: model.index, source: SQLiteVectorSource(db: db, model: model.index.sequence))
    let documents = try filter.condition.map {
      try Int64.fetchSet(
        db, sql: "SELECT sequence FROM documents WHERE \($0)", arguments: filter.arguments)
    }
    let found = VectorScan(table: table, query: vector, limit: limit, documents: documents).run()
    // By the vector's own number: that of a chunk may mean another one by now.
    let statement = try db.cachedStatement(
      sql: """
        SELECT wanted.key, chunk_vectors.chunk FROM json_each(?) AS wanted
        CROSS JOIN chunk_vectors ON chunk_vectors.sequence = wanted.value
        """)
    var hits = found.map { ChunkHit(chunk: 0, score: Double($0.score)) }
    var count = 0
    let rows = try Row.fetchCursor(
      statement, arguments: [StoredValues.json(numbers: found.map(\.sequence))])
    while let row = try rows.next() {
      hits[row[0] as Int].chunk = row[1]
      count += 1
    }
    return count == hits.count ? hits : nil
  }
}

/// Reads the vectors of a model for the index in memory.
struct SQLiteVectorSource: VectorIndex.Source {
  let db: Database
  let model: Int64

  func entries() throws -> [VectorEntry] {
    let rows = try Row.fetchCursor(
      db,
      sql: "SELECT sequence, document, fingerprint FROM chunk_vectors WHERE model = ? ORDER BY +sequence",
      arguments: [model])
    var entries: [VectorEntry] = []
    while let row = try rows.next() {
      entries.append(VectorEntry(sequence: row[0], document: row[1], fingerprint: row[2]))
    }
    return entries
  }

  func sequences() throws -> [Int64] {
    try Int64.fetchAll(
      db, sql: "SELECT sequence FROM chunk_vectors WHERE model = ?", arguments: [model]
    ).sorted()
  }

  func vectors(
    _ range: ClosedRange<Int64>, _ body: (VectorEntry, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT chunk_vectors.sequence, document, fingerprint, value, dimension
        FROM chunk_vectors
        JOIN chunk_vector_values ON chunk_vector_values.vector = chunk_vectors.sequence
        JOIN embedding_models ON embedding_models.sequence = chunk_vectors.model
        WHERE chunk_vectors.sequence BETWEEN ? AND ? AND +chunk_vectors.model = ?
        ORDER BY chunk_vectors.sequence
        """,
      arguments: [range.lowerBound, range.upperBound, model])
    while let row = try rows.next() {
      let entry = VectorEntry(sequence: row[0], document: row[1], fingerprint: row[2])
      let vector = try VectorBytes.vector(row[3], dimension: row[4])
      try vector.withUnsafeBufferPointer { try body(entry, $0) }
    }
  }
}
