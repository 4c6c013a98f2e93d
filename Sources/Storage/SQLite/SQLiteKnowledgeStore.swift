public import Foundation
import GRDB
public import Graph

/// Documents and chunks in SQLite, found with FTS5.
public struct SQLiteKnowledgeStore: KnowledgeStore {
  let database: SQLiteDatabase

  public func save(_ document: Document, chunks: [Chunk]) async throws -> SaveOutcome {
    try await database.write { db in
      if let existing = try Self.existing(contentHash: document.contentHash, db) {
        // The source has changed to something that is known from elsewhere: what it said before is gone.
        try db.execute(
          sql: "DELETE FROM documents WHERE source = ? AND id <> ?",
          arguments: [document.source, StoredValues.text(existing)])
        return .unchanged(existing: existing)
      }
      try db.execute(sql: "DELETE FROM documents WHERE source = ?", arguments: [document.source])
      let outcome = db.changesCount > 0 ? SaveOutcome.replaced : .added
      try Self.insert(document, chunkCount: chunks.count, db)
      for chunk in chunks { try Self.insert(chunk, title: document.title, db) }
      return outcome
    }
  }

  public func search(_ query: String, limit: Int) async throws -> [Passage] {
    guard limit > 0, let match = FullTextQuery(query).match else { return [] }
    return try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT chunks.*, documents.title AS document_title, documents.source, found.score
          FROM (
            SELECT rowid, -bm25(chunks_fts, \(Self.weights)) AS score
            FROM chunks_fts WHERE chunks_fts MATCH ? ORDER BY score DESC, rowid LIMIT ?
          ) AS found
          JOIN chunks ON chunks.sequence = found.rowid
          JOIN documents ON documents.id = chunks.document_id
          ORDER BY found.score DESC, found.rowid
          """,
        arguments: [match, limit]
      ).map(Passage.init(row:))
    }
  }

  /// What a word counts in the title, in the headings and in the text.
  static let weights = "2.0, 1.5, 1.0"

  public func documents() async throws -> [Document] {
    try await database.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM documents ORDER BY created_at DESC, sequence DESC")
        .map(Document.init(row:))
    }
  }

  public func documentCount() async throws -> Int {
    try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM documents") ?? 0 }
  }

  public func document(id: UUID) async throws -> Document? {
    try await document("SELECT * FROM documents WHERE id = ?", StoredValues.text(id))
  }

  public func document(contentHash: String) async throws -> Document? {
    try await document("SELECT * FROM documents WHERE content_hash = ?", contentHash)
  }

  public func chunks(documentID: UUID) async throws -> [Chunk] {
    try await database.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM chunks WHERE document_id = ? ORDER BY ordinal",
        arguments: [StoredValues.text(documentID)]
      ).map(Chunk.init(row:))
    }
  }

  public func deleteDocument(id: UUID) async throws -> Bool {
    try await database.write { db in
      try db.execute(sql: "DELETE FROM documents WHERE id = ?", arguments: [StoredValues.text(id)])
      return db.changesCount > 0
    }
  }

  private func document(_ sql: String, _ key: String) async throws -> Document? {
    try await database.read { try Row.fetchOne($0, sql: sql, arguments: [key]).map(Document.init(row:)) }
  }

  private static func existing(contentHash: String, _ db: Database) throws -> UUID? {
    try String.fetchOne(
      db, sql: "SELECT id FROM documents WHERE content_hash = ?", arguments: [contentHash]
    ).map(StoredValues.id)
  }

  private static func insert(_ document: Document, chunkCount: Int, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO documents
          (id, title, source, media_type, content_hash, byte_count, chunk_count, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        StoredValues.text(document.id), document.title, document.source, document.mediaType,
        document.contentHash, document.byteCount, chunkCount, StoredValues.milliseconds(document.createdAt),
      ])
  }

  private static func insert(_ chunk: Chunk, title: String, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO chunks (id, document_id, ordinal, title, headings, text, byte_start, byte_end)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      StoredValues.text(chunk.id), StoredValues.text(chunk.documentID), chunk.ordinal, title,
      try StoredValues.json(chunk.headings), chunk.text, chunk.byteRange.lowerBound,
      chunk.byteRange.upperBound,
    ])
  }
}

extension Document {
  fileprivate init(row: Row) throws {
    self.init(
      id: try StoredValues.id(row["id"]), title: row["title"], source: row["source"],
      mediaType: row["media_type"], contentHash: row["content_hash"], byteCount: row["byte_count"],
      chunkCount: row["chunk_count"], createdAt: StoredValues.date(milliseconds: row["created_at"]))
  }
}

extension Chunk {
  fileprivate init(row: Row) throws {
    let start: Int = row["byte_start"]
    let end: Int = row["byte_end"]
    guard start <= end else { throw StoredValues.unreadable("chunk") }
    self.init(
      id: try StoredValues.id(row["id"]), documentID: try StoredValues.id(row["document_id"]),
      ordinal: row["ordinal"], headings: try StoredValues.value([String].self, json: row["headings"]),
      text: row["text"], byteRange: start..<end)
  }
}

extension Passage {
  fileprivate init(row: Row) throws {
    self.init(
      chunk: try Chunk(row: row), title: row["document_title"], source: row["source"], score: row["score"])
  }
}
