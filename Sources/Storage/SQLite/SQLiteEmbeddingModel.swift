import GRDB
import Graph

/// A row of `embedding_models` whose vectors are not being deleted.
struct SQLiteEmbeddingModel {
  let descriptor: EmbedderDescriptor
  let isServing: Bool
  let index: VectorIndex.Model

  private init(row: Row) {
    descriptor = EmbedderDescriptor(id: row["id"], dimension: row["dimension"], maxTokens: row["max_tokens"])
    isServing = row["is_serving"]
    index = VectorIndex.Model(
      sequence: row["sequence"], dimension: row["dimension"], version: row["version"],
      removals: row["removals"])
  }

  static func find(id: String, _ owner: Owner, _ db: Database) throws -> SQLiteEmbeddingModel? {
    let statement = try db.cachedStatement(
      sql: "SELECT * FROM embedding_models WHERE owner = ? AND id = ? AND is_retired = 0")
    return try Row.fetchOne(statement, arguments: [owner.id, id]).map(SQLiteEmbeddingModel.init(row:))
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/notFound``.
  static func fetch(id: String, _ owner: Owner, _ db: Database) throws -> SQLiteEmbeddingModel {
    guard let model = try find(id: id, owner, db) else {
      throw StoreError(
        .notFound, "There are no vectors of this embedding model.", detail: "embedding model \(id)")
    }
    return model
  }

  /// The one that searches use first.
  static func all(_ owner: Owner, _ db: Database) throws -> [SQLiteEmbeddingModel] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT * FROM embedding_models WHERE owner = ? AND is_retired = 0 ORDER BY is_serving DESC, sequence
        """,
      arguments: [owner.id]
    ).map(SQLiteEmbeddingModel.init(row:))
  }
}
