import Foundation
import Graph
import Postgres

extension PostgresDocumentWriter {
  private static let columns = """
    id, title, source, label, media_type, content_hash, byte_count, chunk_count, word_count, page_count, created_at
    """

  private var values: [PostgresValue] {
    let label = document.title.lowercased() + "\n" + document.source.lowercased()
    return [
      .uuid(document.id), .text(document.title.storable), .text(source), .text(label.storable),
      .text(document.mediaType.storable), .text(document.contentHash), .int(Int64(document.byteCount)),
      .int(Int64(chunks.count)), .int(Int64(chunks.reduce(0) { $0 + $1.words.count })),
      PostgresValue(document.pageCount), .int(StoredValues.milliseconds(document.createdAt)),
    ]
  }

  func insertDocument(_ connection: PostgresConnection) async throws -> Int64 {
    let rows = try await connection.query(
      """
      INSERT INTO documents (owner, \(Self.columns)) VALUES ($12, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      RETURNING sequence
      """, values + [.text(owner)])
    guard let row = rows.first else { throw StoredValues.unreadable("document") }
    return try row[0]
  }

  func updateDocument(_ sequence: Int64) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE documents SET (\(Self.columns)) = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) WHERE sequence = $12
      """, values + [.int(sequence)])
  }

  func textStatements(_ sequence: Int64) -> [PostgresStatement] {
    [
      PostgresStatement(
        "INSERT INTO document_texts (document, structure) VALUES ($1, $2)",
        [.int(sequence), .bytes(structure)]),
      PostgresStatement(
        """
        INSERT INTO document_text_parts (document, start, bytes)
        SELECT $1, (number - 1) * $2::bigint, bytes FROM unnest($3::bytea[]) WITH ORDINALITY part (bytes, number)
        """, [.int(sequence), .int(Int64(Self.partSize)), .bytesArray(parts)]),
    ]
  }

  /// Adds chunks that were not there, in order, and puts them into the queue of each model.
  func add(_ chunks: [PreparedChunk], to sequence: Int64, _ connection: PostgresConnection) async throws {
    guard !chunks.isEmpty else { return }
    let rows = try chunks.map { try row($0, document: sequence) }
    _ = try await connection.copyIn(
      """
      COPY chunks (owner, document, id, ordinal, headings, text, byte_start, byte_end, page, word_count, words)
      FROM STDIN (FORMAT binary)
      """,
      columns: [.text, .int8, .uuid, .int8, .text, .text, .int8, .int8, .int8, .int8, .bytea], rows: rows)
    _ = try await connection.query(
      """
      INSERT INTO embedding_queue (model, created_at, document, chunk)
      SELECT m.sequence, $1, c.document, c.sequence FROM embedding_models m, chunks c
      WHERE m.owner = $2 AND c.document = $3 AND c.id = ANY ($4)
      """,
      [
        .int(StoredValues.milliseconds(document.createdAt)), .text(owner), .int(sequence),
        .uuids(chunks.map(\.chunk.id)),
      ])
  }

  private func row(_ prepared: PreparedChunk, document: Int64) throws -> [PostgresValue] {
    let chunk = prepared.chunk
    return [
      .text(owner), .int(document), .uuid(chunk.id), .int(Int64(chunk.ordinal)),
      .text(try StoredValues.json(chunk.headings.map(\.storable))), .text(chunk.text.storable),
      .int(Int64(chunk.byteRange.lowerBound)), .int(Int64(chunk.byteRange.upperBound)),
      PostgresValue(chunk.page), .int(Int64(prepared.words.count)), .bytes(prepared.words.binary),
    ]
  }

  /// Brings chunks that stay up to date, all in one statement. Their words are sent as text: there is no array of their
  /// binary form.
  func updateChunks(_ chunks: [PreparedChunk], of sequence: Int64) throws -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE chunks SET ordinal = new.ordinal, headings = new.headings, text = new.text,
        byte_start = new.byte_start, byte_end = new.byte_end, page = nullif(new.page, 0),
        word_count = new.word_count, words = new.words::tsvector
      FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::text[])
        AS new (id, ordinal, headings, text, byte_start, byte_end, page, word_count, words)
      WHERE chunks.document = $1 AND chunks.id = new.id
      """,
      [
        .int(sequence), .uuids(chunks.map(\.chunk.id)), .ints(chunks.map { Int64($0.chunk.ordinal) }),
        .texts(try chunks.map { try StoredValues.json($0.chunk.headings.map(\.storable)) }),
        .texts(chunks.map(\.chunk.text.storable)), .ints(chunks.map { Int64($0.chunk.byteRange.lowerBound) }),
        .ints(chunks.map { Int64($0.chunk.byteRange.upperBound) }),
        .ints(chunks.map { Int64($0.chunk.page ?? 0) }), .ints(chunks.map { Int64($0.words.count) }),
        .texts(chunks.map(\.words.text)),
      ])
  }
}
