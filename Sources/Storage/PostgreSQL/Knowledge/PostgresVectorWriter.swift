import Foundation
import Graph
import Postgres

/// The statements that store vectors of one model.
struct PostgresVectorWriter {
  private let owner: String
  private let model: PostgresEmbeddingModel
  private let vectors: PostgresVectorExtension
  /// In some order, the same for all parameters.
  private let embeddings: [(id: UUID, embedding: TextEmbedding)]

  /// - Throws: ``StoreError`` when the vectors are not ones of the model.
  init(
    owner: String, model: PostgresEmbeddingModel, vectors: PostgresVectorExtension,
    embeddings: [UUID: TextEmbedding]
  ) throws {
    self.owner = owner
    self.model = model
    self.vectors = vectors
    self.embeddings = embeddings.map { (id: $0.key, embedding: $0.value) }
    let dimension = model.descriptor.dimension
    for embedding in embeddings.values {
      guard ([embedding.vector] + embedding.spans).allSatisfy({ $0.count == dimension }) else {
        throw StoreError(
          .conflict, "The embedding model has changed the length of its vectors. Give it another name.",
          detail: "\(embedding.vector.count) numbers, expected \(dimension)")
      }
      guard embedding.vector.allSatisfy(\.isFinite) else {
        throw StoreError(
          .conflict, "The embedding model has made a vector with something that is no number.")
      }
    }
  }

  /// To be run one after the other. Those of chunks that are gone are left out.
  var statements: [PostgresStatement] { [save, forgetSpans, saveSpans, leaveQueue] }

  private var ids: PostgresValue { .uuids(embeddings.map(\.id)) }

  /// All vectors are one array of numbers, which is sent and cut as it is. They are stored in the order of the chunks, so
  /// that those of a document lie together, and so that two nodes lock them in the same order.
  private var save: PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO chunk_vectors (model, chunk, document, embedding)
      SELECT $1, placed.sequence, placed.document,
        ($4::real[])[(placed.number - 1) * $5 + 1 : placed.number * $5]::\(vectors.schema).vector
      FROM (
        SELECT c.sequence, c.document, new.number
        FROM unnest($3::uuid[]) WITH ORDINALITY new (id, number) JOIN chunks c ON c.owner = $2 AND c.id = new.id
        ORDER BY c.sequence FOR KEY SHARE OF c
      ) placed
      ON CONFLICT (model, chunk) DO UPDATE SET embedding = excluded.embedding
      """,
      [
        .int(model.sequence), .text(owner), ids, .floats(embeddings.flatMap(\.embedding.vector)),
        .int(Int64(model.descriptor.dimension)),
      ])
  }

  private var forgetSpans: PostgresStatement {
    PostgresStatement(
      """
      DELETE FROM chunk_vector_spans USING chunks c
      WHERE c.owner = $2 AND c.id = ANY ($3) AND chunk = c.sequence AND model = $1
      """, [.int(model.sequence), .text(owner), ids])
  }

  private var saveSpans: PostgresStatement {
    let spans = embeddings.filter { !$0.embedding.spans.isEmpty }
    return PostgresStatement(
      """
      INSERT INTO chunk_vector_spans (model, chunk, value)
      SELECT $1, c.sequence, new.value
      FROM unnest($3::uuid[], $4::bytea[]) new (id, value)
      JOIN chunks c ON c.owner = $2 AND c.id = new.id JOIN chunk_vectors v ON v.chunk = c.sequence AND v.model = $1
      """,
      [
        .int(model.sequence), .text(owner), .uuids(spans.map(\.id)),
        .bytesArray(spans.map { SpanVectors.encode($0.embedding.spans) }),
      ])
  }

  private var leaveQueue: PostgresStatement {
    PostgresStatement(
      """
      DELETE FROM embedding_queue USING chunks c
      WHERE c.owner = $2 AND c.id = ANY ($3) AND chunk = c.sequence AND model = $1
      """, [.int(model.sequence), .text(owner), ids])
  }
}
