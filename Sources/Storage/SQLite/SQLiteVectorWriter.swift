import Foundation
import GRDB
import Graph

/// Stores vectors of one model inside a transaction.
struct SQLiteVectorWriter {
  let db: Database
  let owner: Owner
  let model: VectorIndex.Model

  func save(_ embeddings: [UUID: TextEmbedding]) throws {
    let rows = try embeddings.compactMap { id, embedding in try place(of: id).map { (place: $0, embedding) } }
    // In the order of the chunks, so that neighbours lie together in the index, too.
    for (place, embedding) in rows.sorted(by: { $0.place.chunk < $1.place.chunk }) {
      try save(embedding, at: place)
    }
  }

  private struct Place {
    let chunk: Int64
    let document: Int64
  }

  /// `nil` when the chunk is gone.
  private func place(of id: UUID) throws -> Place? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT chunks.sequence, documents.sequence
        FROM chunks CROSS JOIN documents ON documents.id = chunks.document_id
        WHERE chunks.id = ? AND documents.owner = ?
        """)
    return try Row.fetchOne(statement, arguments: [StoredValues.text(id), owner.id])
      .map { Place(chunk: $0[0], document: $0[1]) }
  }

  private func save(_ embedding: TextEmbedding, at place: Place) throws {
    guard ([embedding.vector] + embedding.spans).allSatisfy({ $0.count == model.dimension }) else {
      throw StoreError(
        .conflict, "The embedding model has changed the length of its vectors. Give it another name.",
        detail: "\(embedding.vector.count) numbers, expected \(model.dimension)")
    }
    guard embedding.vector.allSatisfy(\.isFinite) else {
      throw StoreError(.conflict, "The embedding model has made a vector with something that is no number.")
    }
    // A replaced vector gets a new number: that is how an index learns of it.
    try execute("DELETE FROM chunk_vectors WHERE model = ? AND chunk = ?", [model.sequence, place.chunk])
    try execute(
      "INSERT INTO chunk_vectors (model, chunk, document, fingerprint) VALUES (?, ?, ?, ?)",
      [
        model.sequence, place.chunk, place.document,
        embedding.vector.withUnsafeBufferPointer(VectorBytes.fingerprint),
      ])
    let vector = db.lastInsertedRowID
    try execute(
      "INSERT INTO chunk_vector_values (vector, value) VALUES (?, ?)",
      [vector, VectorBytes.data(embedding.vector)])
    guard !embedding.spans.isEmpty else { return }
    try execute(
      "INSERT INTO chunk_vector_spans (vector, value) VALUES (?, ?)",
      [vector, SpanVectors.encode(embedding.spans)])
  }

  private func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }
}
