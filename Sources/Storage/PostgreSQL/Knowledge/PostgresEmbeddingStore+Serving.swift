import Foundation
public import Graph
import Logging
import Postgres

extension PostgresEmbeddingStore {
  /// How many vectors of a model that is no longer used are deleted at once.
  private static let deletionBatch = 2_000

  /// Builds the model's index first, while searches go on with the old one. Chunks that other nodes have taken to embed may
  /// follow some seconds later.
  public func serve(model: String) async throws {
    try await prepareSearch(model: model)
    let serving = try await database.write { connection in
      _ = try await connection.query(
        "SELECT pg_advisory_xact_lock(\(PostgresLocks.key("$1")))", [.text(PostgresLocks.models(of: owner))])
      let statement = PostgresEmbeddingModel.statement(id: model, owner: owner)
      let serving = try PostgresEmbeddingModel.only(
        try await connection.query(statement.sql, statement.parameters), id: model)
      // Its vectors are many: for everyone else they are gone from here on, and then they are deleted bit by bit.
      _ = try await connection.pipeline([
        PostgresStatement(
          """
          UPDATE embedding_models SET id = 'retired/' || sequence, is_retired = true, is_serving = false
          WHERE owner = $1 AND sequence <> $2 AND NOT is_retired
          """, [.text(owner), .int(serving.sequence)]),
        PostgresStatement(
          "UPDATE embedding_models SET is_serving = true WHERE sequence = $1", [.int(serving.sequence)]),
      ])
      return serving
    }
    database.knowledge.remember(nil, id: serving.descriptor.id, of: owner)
    try await deleteRetiredVectors()
  }

  /// Also finishes what another process began.
  func deleteRetiredVectors() async throws {
    let retired = try await database.query(
      "SELECT sequence FROM embedding_models WHERE owner = $1 AND is_retired", [.text(owner)])
    for row in retired {
      let model: Int64 = try row[0]
      await PostgresVectorIndex.drop(model: model, database)
      while try await deleteBatch(of: model) {}
    }
  }

  /// - Returns: whether there may be more.
  private func deleteBatch(of model: Int64) async throws -> Bool {
    try await database.write { connection in
      let results = try await connection.pipeline([
        PostgresStatement(
          """
          DELETE FROM chunk_vectors WHERE model = $1 AND chunk IN (
            SELECT chunk FROM chunk_vectors WHERE model = $1 ORDER BY chunk LIMIT $2 FOR UPDATE
          )
          """, [.int(model), .int(Int64(Self.deletionBatch))]),
        PostgresStatement(
          """
          DELETE FROM embedding_queue WHERE model = $1 AND chunk IN (
            SELECT chunk FROM embedding_queue WHERE model = $1 LIMIT $2
          )
          """, [.int(model), .int(Int64(Self.deletionBatch))]),
      ])
      guard results.allSatisfy({ $0.affectedRows < Self.deletionBatch }) else { return true }
      _ = try await connection.query(
        """
        DELETE FROM embedding_models WHERE sequence = $1 AND is_retired
          AND NOT EXISTS (SELECT FROM chunk_vectors WHERE model = $1)
        """, [.int(model)])
      return false
    }
  }

  /// Builds the model's index when there are many vectors. When that fails, searches go on comparing all of them, and it is
  /// tried again some minutes later.
  public func prepareSearch(model: String) async throws {
    guard case .available(let vectors) = database.knowledge.vectors else { return }
    let model = try await self.model(model)
    guard database.knowledge.mayBuildIndex(of: model.sequence) else { return }
    do {
      try await PostgresVectorIndex(database: database, vectors: vectors, model: model).build()
    } catch let error as StoreError {
      database.knowledge.buildHasFailed(of: model.sequence)
      database.logger.warning(
        "An index of vectors could not be built",
        metadata: ["model": "\(model.descriptor.id)", "error": "\(error)"])
    }
  }

  public func nearest(
    to vector: [Float], model: String, limit: Int, filter: SearchFilter
  ) async throws -> [Passage] {
    let search = PostgresPassageSearch(database: database, owner: owner, limit: limit, filter: filter)
    return try await search.nearest(to: [vector], model: model).first ?? []
  }
}
