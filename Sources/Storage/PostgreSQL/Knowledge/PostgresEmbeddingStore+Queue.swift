public import Graph
import Postgres

extension PostgresEmbeddingStore {
  /// How long chunks that a node has taken are left to it, in seconds. One that is still at work by then only does
  /// something twice.
  static let leave = 60

  /// Takes what it returns: other nodes are given others, until ``leave`` is over or this node is gone. The same node may
  /// ask again at any time, and gets the same.
  public func chunksToEmbed(model: String, limit: Int) async throws -> [ChunkToEmbed] {
    let model = try await self.model(model)
    guard limit > 0 else { return [] }
    return try await database.execute(
      """
      WITH next AS (
        SELECT q.model, q.created_at, q.document, q.chunk FROM embedding_queue q
        WHERE q.model = $1 AND (
          q.taken_by IS NULL OR q.taken_by = $2
          OR q.taken_at < clock_timestamp() - make_interval(secs => \(Self.leave))
          OR NOT EXISTS (
            SELECT FROM nodes WHERE incarnation = q.taken_by AND lease_until > clock_timestamp()))
        ORDER BY q.created_at, q.document, q.chunk LIMIT $3 FOR UPDATE OF q SKIP LOCKED
      ), taken AS (
        UPDATE embedding_queue q SET taken_by = $2, taken_at = clock_timestamp() FROM next
        WHERE q.model = next.model AND q.created_at = next.created_at AND q.document = next.document
          AND q.chunk = next.chunk
        RETURNING q.created_at, q.document, q.chunk
      )
      SELECT \(Chunk.postgresColumns), d.title FROM taken
      JOIN chunks c ON c.sequence = taken.chunk JOIN documents d ON d.sequence = c.document
      ORDER BY taken.created_at, taken.document, taken.chunk
      """, [.int(model.sequence), .uuid(database.node.incarnation), .int(Int64(limit))]
    ).map { ChunkToEmbed(chunk: try Chunk(postgres: $0), title: try $0[Chunk.postgresColumnCount]) }
  }
}
