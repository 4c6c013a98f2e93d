import Foundation
import GRDB
import Graph

/// Stores one document inside a transaction.
struct SQLiteDocumentWriter {
  let db: Database
  let owner: Owner
  let document: Document

  /// Bytes of text in one row: small enough that a window of a text costs little, large enough that a book has few rows.
  static let partSize = 1 << 16

  /// Whether the content's job is being read.
  func isBeingRead() throws -> Bool {
    try Bool.fetchOne(
      try db.cachedStatement(
        sql: """
          SELECT EXISTS (
            SELECT 1 FROM ingestion_jobs
            WHERE document_id = ? AND content_hash = ? AND owner = ? AND state = 'reading'
          )
          """),
      arguments: [id, document.contentHash, owner.id]) ?? false
  }

  func save(text: ExtractedText, chunks: [Chunk]) throws -> SaveOutcome {
    // Only the job that brought this content: another upload may have taken its place.
    try execute(
      "DELETE FROM ingestion_jobs WHERE document_id = ? AND content_hash = ? AND owner = ?",
      [id, document.contentHash, owner.id])
    if let existing = try otherDocumentWithTheSameContent() {
      // The source has changed to something that is known from elsewhere: what it said before is gone.
      try execute(
        "DELETE FROM documents WHERE (owner = ?1 AND source = ?2 OR owner = ?1 AND id = ?3) AND id <> ?4",
        [owner.id, document.source, id, existing])
      return .unchanged(existing: try StoredValues.id(existing))
    }
    guard let old = try replaced() else {
      let sequence = try insert(chunkCount: chunks.count)
      try insert(text, sequence)
      for chunk in chunks { try insert(chunk) }
      return .added
    }
    try execute(
      "DELETE FROM documents WHERE owner = ? AND source = ? AND sequence <> ?",
      [owner.id, document.source, old.sequence])
    try replace(old, text: text, chunks: chunks)
    return .replaced
  }

  private struct Old {
    let sequence: Int64
    let id: String
  }

  private var id: String { StoredValues.text(document.id) }

  private func otherDocumentWithTheSameContent() throws -> String? {
    try String.fetchOne(
      try db.cachedStatement(
        sql: "SELECT id FROM documents WHERE owner = ? AND content_hash = ? AND id <> ?"),
      arguments: [owner.id, document.contentHash, id])
  }

  /// The document whose place this one takes: that with its id, else that from its source.
  private func replaced() throws -> Old? {
    let statement = try db.cachedStatement(
      sql: """
        SELECT sequence, id FROM documents WHERE owner = ?1 AND id = ?2 OR owner = ?1 AND source = ?3
        ORDER BY id = ?2 DESC LIMIT 1
        """)
    return try Row.fetchOne(statement, arguments: [owner.id, id, document.source])
      .map { Old(sequence: $0[0], id: $0[1]) }
  }

  /// Rows that stay keep their numbers, so that their vectors and their places in an index stay, too.
  private func replace(_ old: Old, text: ExtractedText, chunks: [Chunk]) throws {
    // The document's own id may change under its chunks.
    try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
    try update(old.sequence, chunkCount: chunks.count)
    try execute("DELETE FROM document_texts WHERE document = ?", [old.sequence])
    try insert(text, old.sequence)
    // Out of the way of the new ordinals, each of which is there once.
    try execute("UPDATE chunks SET ordinal = -1 - ordinal WHERE document_id = ?", [old.id])
    var kept: [String: Int64] = [:]
    let cursor = try Row.fetchCursor(
      db, sql: "SELECT id, sequence FROM chunks WHERE document_id = ?", arguments: [old.id])
    while let row = try cursor.next() { kept[row[0]] = row[1] }
    for chunk in chunks {
      // A second chunk with the same id is inserted, which fails: ids are unique.
      if let sequence = kept.removeValue(forKey: StoredValues.text(chunk.id)) {
        try update(chunk, sequence)
      } else {
        try insert(chunk)
      }
    }
    try execute("DELETE FROM chunks WHERE document_id = ? AND ordinal < 0", [old.id])
  }

  private func execute(_ sql: String, _ arguments: StatementArguments) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }
}

// MARK: - Rows

extension SQLiteDocumentWriter {
  private func columns(chunkCount: Int) -> StatementArguments {
    [
      id, document.title, document.source, document.mediaType, document.contentHash, document.byteCount,
      chunkCount, document.pageCount, StoredValues.milliseconds(document.createdAt),
    ]
  }

  private func insert(chunkCount: Int) throws -> Int64 {
    try execute(
      """
      INSERT INTO documents
        (id, title, source, media_type, content_hash, byte_count, chunk_count, page_count, created_at, owner)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, columns(chunkCount: chunkCount) + [owner.id])
    return db.lastInsertedRowID
  }

  private func update(_ sequence: Int64, chunkCount: Int) throws {
    try execute(
      """
      UPDATE documents SET id = ?, title = ?, source = ?, media_type = ?, content_hash = ?, byte_count = ?,
        chunk_count = ?, page_count = ?, created_at = ?
      WHERE sequence = ?
      """, columns(chunkCount: chunkCount) + [sequence])
  }

  private func insert(_ text: ExtractedText, _ sequence: Int64) throws {
    try execute(
      "INSERT INTO document_texts (document, structure) VALUES (?, ?)",
      [sequence, TextStructureCodec.encode(text)])
    let bytes = Array(text.text.utf8)
    for start in stride(from: 0, to: bytes.count, by: Self.partSize) {
      try execute(
        "INSERT INTO document_text_parts (document, start, bytes) VALUES (?, ?, ?)",
        [sequence, start, Data(bytes[start..<min(start + Self.partSize, bytes.count)])])
    }
  }

  private func columns(_ chunk: Chunk) throws -> StatementArguments {
    [
      StoredValues.text(chunk.id), StoredValues.text(chunk.documentID), chunk.ordinal, document.title,
      try StoredValues.json(chunk.headings), chunk.text, chunk.byteRange.lowerBound,
      chunk.byteRange.upperBound, chunk.page,
    ]
  }

  private func insert(_ chunk: Chunk) throws {
    try execute(
      """
      INSERT INTO chunks (id, document_id, ordinal, title, headings, text, byte_start, byte_end, page)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, try columns(chunk))
  }

  private func update(_ chunk: Chunk, _ sequence: Int64) throws {
    try execute(
      """
      UPDATE chunks SET id = ?, document_id = ?, ordinal = ?, title = ?, headings = ?, text = ?,
        byte_start = ?, byte_end = ?, page = ?
      WHERE sequence = ?
      """, try columns(chunk) + [sequence])
  }
}
