import Foundation
import GRDB
import Graph

/// Documents and chunks in SQLite, found with FTS5.
struct SQLiteKnowledgeStore: KnowledgeStore {
  let database: SQLiteDatabase
  let owner: Owner

  func save(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome {
    try await database.write {
      try SQLiteDocumentWriter(db: $0, owner: owner, document: document).save(text: text, chunks: chunks)
    }
  }

  func finishReading(
    _ document: Document, text: ExtractedText, chunks: [Chunk]
  ) async throws -> SaveOutcome? {
    try await database.write { db in
      let writer = SQLiteDocumentWriter(db: db, owner: owner, document: document)
      return try writer.isBeingRead() ? writer.save(text: text, chunks: chunks) : nil
    }
  }

  func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
    guard limit > 0, let match = FullTextQuery(query).match else { return [] }
    let filter = SQLiteSearchFilter(filter, owner: owner)
    return try await database.read {
      try SQLiteWordSearch(match: match, filter: filter).run(limit: limit, $0)
    }
  }

  func documents(_ query: DocumentQuery) async throws -> DocumentPage {
    let start = try query.cursor.map { try DocumentCursor(text: $0) }
    // One more than asked for tells whether there is a next page.
    let limit = min(max(query.limit, 1), Int.max - 1)
    var conditions = ["owner = ?", "(created_at, sequence) < (?, ?)"]
    var arguments: StatementArguments = [owner.id, start?.createdAt ?? .max, start?.sequence ?? .max]
    if let text = query.text, !text.isEmpty {
      conditions.append("(instr(rill_lower(title), ?) > 0 OR instr(rill_lower(source), ?) > 0)")
      arguments += [text.lowercased(), text.lowercased()]
    }
    if let folder = query.folder.map(SQLiteSearchFilter.prefix), !folder.isEmpty {
      let range = SQLiteSearchFilter.range(of: folder)
      conditions.append("source >= ? AND source < ?")
      arguments += [range.lowerBound, range.upperBound]
    }
    let sql = """
      SELECT * FROM documents WHERE \(conditions.joined(separator: " AND "))
      ORDER BY created_at DESC, sequence DESC LIMIT ?
      """
    let rows = try await database.read { [arguments] db in
      try Row.fetchAll(db, sql: sql, arguments: arguments + [limit + 1]).map {
        (document: try Document(row: $0), sequence: $0["sequence"] as Int64)
      }
    }
    let page = rows.prefix(limit)
    let next = page.last.map {
      DocumentCursor(createdAt: StoredValues.milliseconds($0.document.createdAt), sequence: $0.sequence).text
    }
    return DocumentPage(documents: page.map(\.document), nextCursor: rows.count > limit ? next : nil)
  }

  func documentCount() async throws -> Int {
    try await database.read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM documents WHERE owner = ?", arguments: [owner.id]) ?? 0
    }
  }

  func document(id: UUID) async throws -> Document? {
    try await database.read { try document("id", StoredValues.text(id), $0) }
  }

  func document(contentHash: String) async throws -> Document? {
    try await database.read { try document("content_hash", contentHash, $0) }
  }

  func document(source: String) async throws -> Document? {
    try await database.read { try document("source", source, $0) }
  }

  func existingDocuments(among ids: Set<UUID>) async throws -> Set<UUID> {
    guard !ids.isEmpty else { return [] }
    let json = StoredValues.json(ids: Array(ids))
    return try await database.read { db in
      let found = try String.fetchAll(
        db,
        // The plus sign keeps SQLite from going through all documents of the owner.
        sql: "SELECT id FROM documents WHERE id IN (SELECT value FROM json_each(?)) AND +owner = ?",
        arguments: [json, owner.id])
      return Set(try found.map(StoredValues.id))
    }
  }

  func text(documentID: UUID) async throws -> ExtractedText? {
    try await database.read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT document, structure FROM document_texts
          WHERE document = (SELECT sequence FROM documents WHERE id = ? AND owner = ?)
          """)
      guard let row = try Row.fetchOne(statement, arguments: [StoredValues.text(documentID), owner.id])
      else { return nil }
      let parts = try Data.fetchCursor(
        db, sql: "SELECT bytes FROM document_text_parts WHERE document = ? ORDER BY start",
        arguments: [row["document"] as Int64])
      var bytes = Data()
      while let part = try parts.next() { bytes.append(part) }
      return try TextStructureCodec.decode(row["structure"], text: String(decoding: bytes, as: UTF8.self))
    }
  }

  func chunks(documentID: UUID, ordinals: Range<Int>) async throws -> [Chunk] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(Chunk.columns) FROM chunks
          WHERE document_id = (SELECT id FROM documents WHERE id = ? AND owner = ?)
            AND ordinal >= ? AND ordinal < ?
          ORDER BY ordinal
          """,
        arguments: [StoredValues.text(documentID), owner.id, ordinals.lowerBound, ordinals.upperBound]
      ).map(Chunk.init(row:))
    }
  }

  func chunk(id: UUID) async throws -> Chunk? {
    try await database.read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT \(Chunk.columns) FROM chunks WHERE id = ? AND EXISTS (
            SELECT 1 FROM documents WHERE documents.id = chunks.document_id AND documents.owner = ?
          )
          """,
        arguments: [StoredValues.text(id), owner.id]
      ).map(Chunk.init(row:))
    }
  }

  func deleteDocument(id: UUID) async throws -> Document? {
    try await database.write { db in
      let document = try document("id", StoredValues.text(id), db)
      try db.execute(
        sql: "DELETE FROM documents WHERE id = ? AND owner = ?", arguments: [StoredValues.text(id), owner.id])
      return document
    }
  }

  private func document(_ column: String, _ key: String, _ db: Database) throws -> Document? {
    try Row.fetchOne(
      db, sql: "SELECT * FROM documents WHERE \(column) = ? AND owner = ?", arguments: [key, owner.id]
    ).map(Document.init(row:))
  }
}
