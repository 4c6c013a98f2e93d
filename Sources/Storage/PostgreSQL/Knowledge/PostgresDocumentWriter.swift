import Foundation
import Graph
import Postgres

/// Stores one document inside a transaction, in a handful of round trips whatever its size.
struct PostgresDocumentWriter: Sendable {
  let owner: String
  let document: Document
  let structure: Data
  let parts: [Data]
  let chunks: [PreparedChunk]
  /// The process that has claimed the content's job: only as long as it has, anything is stored. `nil` stores in any case.
  let reader: UUID?

  /// Bytes of text in one row: small enough that a window of a text costs little, large enough that a book has few rows.
  static let partSize = 1 << 16

  /// A chunk with its words, which are found before the transaction begins.
  struct PreparedChunk: Sendable {
    let chunk: Chunk
    let words: ChunkWords
  }

  init(owner: String, document: Document, text: ExtractedText, chunks: [Chunk], reader: UUID? = nil) {
    self.owner = owner
    self.reader = reader
    self.document = document
    self.chunks = chunks.map {
      PreparedChunk(
        chunk: $0, words: ChunkWords(title: document.title, headings: $0.headings, text: $0.text))
    }
    structure = TextStructureCodec.encode(text)
    let bytes = Array(text.text.utf8)
    parts = stride(from: 0, to: bytes.count, by: Self.partSize).map {
      Data(bytes[$0..<min($0 + Self.partSize, bytes.count)])
    }
  }

  /// Whether the job was still the reader's, and is forgotten now. Who cancels or replaces it at this moment waits for the
  /// end of the transaction, and finds that it is too late.
  /// - Parameter found: the results of ``beginning``.
  func wasBeingRead(_ found: [PostgresResult]) -> Bool { reader == nil || found[2].affectedRows > 0 }

  /// - Parameter found: the results of ``beginning``.
  func save(_ connection: PostgresConnection, found: [PostgresResult]) async throws -> SaveOutcome {
    if let existing = found[3].first {
      // The source has changed to something that is known from elsewhere: what it said before is gone.
      _ = try await connection.query(
        "DELETE FROM documents WHERE owner = $1 AND (source = $2 OR id = $3) AND id <> $4",
        [.text(owner), .text(source), .uuid(document.id), .uuid(try existing[0])])
      return .unchanged(existing: try existing[0])
    }
    guard let old = try found[4].first.map({ try $0[0] as Int64 }) else {
      let inserted = try await connection.query(insertDocument.sql, insertDocument.parameters)
      guard let sequence: Int64 = try inserted.first?[0] else { throw StoredValues.unreadable("document") }
      _ = try await connection.pipeline(textStatements(sequence) + insertChunks(chunks, of: sequence))
      return .added
    }
    try await replace(old, kept: Set(try found[5].map { try $0[0] as UUID }), connection)
    return .replaced
  }

  var source: String { document.source.storable }

  /// What must be known, and what happens in any case.
  var beginning: [PostgresStatement] {
    let replaced = """
      SELECT sequence FROM documents WHERE owner = $1 AND (id = $2 OR source = $3) ORDER BY id = $2 DESC LIMIT 1
      """
    let key: [PostgresValue] = [.text(owner), .uuid(document.id), .text(source)]
    return locks + [
      // Only the job that brought this content: another upload may have taken its place.
      PostgresStatement(
        """
        DELETE FROM ingestion_jobs WHERE owner = $1 AND document_id = $2 AND content_hash = $3
          AND ($4::uuid IS NULL OR state = 'reading' AND incarnation = $4)
        """,
        [
          .text(owner), .uuid(document.id), .text(document.contentHash), PostgresValue(reader),
        ]),
      PostgresStatement(
        "SELECT id FROM documents WHERE owner = $1 AND content_hash = $2 AND id <> $3",
        [.text(owner), .text(document.contentHash), .uuid(document.id)]),
      PostgresStatement(replaced, key),
      PostgresStatement("SELECT id FROM chunks WHERE document = (\(replaced))", key),
    ]
  }

  /// Two nodes that store the same content, or something for the same place, do so one after the other. And no model comes
  /// or goes meanwhile, so that no chunk misses its place in the queue.
  private var locks: [PostgresStatement] {
    let names = ["id " + StoredValues.text(document.id), "source " + source, "hash " + document.contentHash]
    return [
      PostgresStatement(
        "SELECT pg_advisory_xact_lock_shared(\(PostgresLocks.key("$1")))",
        [.text(PostgresLocks.models(of: owner))]),
      // Everyone takes them in the same order, so nobody waits in a circle.
      PostgresStatement(
        """
        SELECT pg_advisory_xact_lock(key) FROM (
          SELECT DISTINCT \(PostgresLocks.key("$1 || name")) AS key FROM unnest($2::text[]) name ORDER BY 1 OFFSET 0
        ) keys
        """, [.text(owner + " "), .texts(names)]),
    ]
  }

  /// Rows that stay keep their numbers, so that their vectors stay, too.
  private func replace(_ old: Int64, kept: Set<UUID>, _ connection: PostgresConnection) async throws {
    var seen: Set<UUID> = []
    // A second chunk with the same id is inserted, which fails: ids are unique.
    let staying = chunks.filter { kept.contains($0.chunk.id) && seen.insert($0.chunk.id).inserted }
    seen = []
    let new = chunks.filter { !kept.contains($0.chunk.id) || !seen.insert($0.chunk.id).inserted }
    _ = try await connection.pipeline(
      [
        PostgresStatement(
          "DELETE FROM documents WHERE owner = $1 AND source = $2 AND sequence <> $3",
          [.text(owner), .text(source), .int(old)]),
        updateDocument(old),
        PostgresStatement("DELETE FROM document_texts WHERE document = $1", [.int(old)]),
        PostgresStatement(
          "DELETE FROM chunks WHERE document = $1 AND id <> ALL ($2)",
          [.int(old), .uuids(staying.map(\.chunk.id))]),
      ] + updateChunks(staying, of: old) + textStatements(old) + insertChunks(new, of: old))
  }
}

/// Names of locks that last to the end of a transaction.
enum PostgresLocks {
  /// The number of the lock with a name, which is an SQL expression. Rills in other schemas have other ones.
  static func key(_ name: String) -> String {
    "hashtextextended(current_schema() || ' ' || \(name), 72111108)"
  }

  /// Shared by who stores documents, alone for who adds a model or takes it away.
  static func models(of owner: String) -> String { "models " + owner }
}
