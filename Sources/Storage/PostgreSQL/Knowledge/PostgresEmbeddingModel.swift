import Graph
import Postgres

/// A row of `embedding_models` whose vectors are not being deleted.
struct PostgresEmbeddingModel: Sendable, Hashable {
  let sequence: Int64
  let owner: String
  let descriptor: EmbedderDescriptor
  let isServing: Bool
  /// Whether its index is there and can be used.
  let isIndexed: Bool

  private static let columns = """
    sequence, owner, id, dimension, max_tokens, is_serving, EXISTS (
      SELECT FROM pg_index WHERE indisvalid
        AND indexrelid = to_regclass(quote_ident(current_schema()) || '.\(indexPrefix)' || sequence)
    ) AS is_indexed
    """
  private static let indexPrefix = "chunk_vectors_hnsw_"

  /// The name of the index of its vectors.
  var index: String { Self.index(of: sequence) }

  static func index(of sequence: Int64) -> String { indexPrefix + String(sequence) }

  init(row: PostgresRow) throws {
    sequence = try row["sequence"]
    owner = try row["owner"]
    descriptor = EmbedderDescriptor(
      id: try row["id"], dimension: try row["dimension"], maxTokens: try row["max_tokens"])
    isServing = try row["is_serving"]
    isIndexed = try row["is_indexed"]
  }

  /// Finds one by its id. Retired ones have other ids.
  static func statement(id: String, owner: String) -> PostgresStatement {
    PostgresStatement(
      "SELECT \(columns) FROM embedding_models WHERE owner = $1 AND id = $2 AND NOT is_retired",
      [.text(owner), .text(id.storable)])
  }

  /// All of an owner, the one that searches use first.
  static func statement(owner: String) -> PostgresStatement {
    PostgresStatement(
      """
      SELECT \(columns) FROM embedding_models WHERE owner = $1 AND NOT is_retired
      ORDER BY is_serving DESC, sequence
      """, [.text(owner)])
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/notFound``.
  static func only(_ rows: PostgresResult, id: String) throws -> PostgresEmbeddingModel {
    guard let row = rows.first else {
      throw StoreError(
        .notFound, "There are no vectors of this embedding model.", detail: "embedding model \(id)")
    }
    return try PostgresEmbeddingModel(row: row)
  }
}

extension PostgresConnection {
  /// A model, locked so that it cannot be retired before the transaction ends.
  func lockedModel(_ id: String, owner: String) async throws -> PostgresEmbeddingModel {
    let statement = PostgresEmbeddingModel.statement(id: id, owner: owner)
    return try PostgresEmbeddingModel.only(
      try await query(statement.sql + " FOR SHARE", statement.parameters), id: id)
  }
}
