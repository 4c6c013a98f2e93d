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

  /// A statement that gives back the document's number.
  var insertDocument: PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO documents (owner, \(Self.columns)) VALUES ($12, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      RETURNING sequence
      """, values + [.text(owner)])
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

  /// Adds chunks that were not there, in order, and puts them into the queue of each model. All that has a number of its own
  /// is in arrays, so that a statement brings hundreds of chunks.
  func insertChunks(_ chunks: [PreparedChunk], of sequence: Int64) throws -> [PostgresStatement] {
    guard !chunks.isEmpty else { return [] }
    var statements = try slices(chunks).map { slice in
      PostgresStatement(
        """
        INSERT INTO chunks
          (owner, document, id, ordinal, headings, text, byte_start, byte_end, page, word_count, words)
        SELECT $11, $1, id, ordinal, headings, text, byte_start, byte_end, nullif(page, 0), word_count, words::tsvector
        FROM \(Self.newChunks)
        """, try values(of: slice, sequence) + [.text(owner)])
    }
    statements.append(
      PostgresStatement(
        """
        INSERT INTO embedding_queue (model, created_at, document, chunk)
        SELECT m.sequence, $1, c.document, c.sequence FROM embedding_models m, chunks c
        WHERE m.owner = $2 AND c.document = $3 AND c.id = ANY ($4)
        """,
        [
          .int(StoredValues.milliseconds(document.createdAt)), .text(owner), .int(sequence),
          .uuids(chunks.map(\.chunk.id)),
        ]))
    return statements
  }

  /// Brings chunks that stay up to date.
  func updateChunks(_ chunks: [PreparedChunk], of sequence: Int64) throws -> [PostgresStatement] {
    guard !chunks.isEmpty else { return [] }
    // Out of the way of the new places, each of which is there once.
    let moved = PostgresStatement(
      "UPDATE chunks SET ordinal = -1 - ordinal WHERE document = $1", [.int(sequence)])
    return try [moved]
      + slices(chunks).map { slice in
        PostgresStatement(
          """
          UPDATE chunks SET ordinal = new.ordinal, headings = new.headings, text = new.text,
            byte_start = new.byte_start, byte_end = new.byte_end, page = nullif(new.page, 0),
            word_count = new.word_count, words = new.words::tsvector
          FROM \(Self.newChunks) WHERE chunks.document = $1 AND chunks.id = new.id
          """, try values(of: slice, sequence))
      }
  }

  /// How many chunks a statement brings, about 2 MB.
  private static let slice = 500

  private func slices(_ chunks: [PreparedChunk]) -> [ArraySlice<PreparedChunk>] {
    stride(from: 0, to: chunks.count, by: Self.slice).map { chunks[$0..<min($0 + Self.slice, chunks.count)] }
  }

  private static let newChunks = """
    unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
      $10::text[]) AS new (id, ordinal, headings, text, byte_start, byte_end, page, word_count, words)
    """

  /// The parameters of ``newChunks``, and as the first one the document. Pages begin at 1, so that 0 stands for none.
  private func values(of chunks: ArraySlice<PreparedChunk>, _ sequence: Int64) throws -> [PostgresValue] {
    [
      .int(sequence), .uuids(chunks.map(\.chunk.id)), .ints(chunks.map { Int64($0.chunk.ordinal) }),
      .texts(try chunks.map { try StoredValues.json($0.chunk.headings.map(\.storable)) }),
      .texts(chunks.map(\.chunk.text.storable)), .ints(chunks.map { Int64($0.chunk.byteRange.lowerBound) }),
      .ints(chunks.map { Int64($0.chunk.byteRange.upperBound) }),
      .ints(chunks.map { Int64($0.chunk.page ?? 0) }), .ints(chunks.map { Int64($0.words.count) }),
      .texts(chunks.map(\.words.text)),
    ]
  }
}
