public import Foundation
import GRDB
public import Graph

/// Documents and chunks in SQLite, found with FTS5.
public struct SQLiteKnowledgeStore: KnowledgeStore {
  let database: SQLiteDatabase

  public func save(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome {
    try await database.write {
      try SQLiteDocumentWriter(db: $0, document: document).save(text: text, chunks: chunks)
    }
  }

  public func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
    guard limit > 0, let match = FullTextQuery(query).match else { return [] }
    let filter = try SQLiteSearchFilter(filter)
    return try await database.read {
      try SQLiteWordSearch(match: match, filter: filter).run(limit: limit, $0)
    }
  }

  public func documents(_ query: DocumentQuery) async throws -> DocumentPage {
    let start = try query.cursor.map { try DocumentCursor(text: $0) }
    // One more than asked for tells whether there is a next page.
    let limit = min(max(query.limit, 1), Int.max - 1)
    var conditions = ["(created_at, sequence) < (?, ?)"]
    var arguments: StatementArguments = [start?.createdAt ?? .max, start?.sequence ?? .max]
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

  public func documentCount() async throws -> Int {
    try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM documents") ?? 0 }
  }

  public func document(id: UUID) async throws -> Document? {
    try await database.read { try Self.document("id", StoredValues.text(id), $0) }
  }

  public func document(contentHash: String) async throws -> Document? {
    try await database.read { try Self.document("content_hash", contentHash, $0) }
  }

  public func document(source: String) async throws -> Document? {
    try await database.read { try Self.document("source", source, $0) }
  }

  public func existingDocuments(among ids: Set<UUID>) async throws -> Set<UUID> {
    guard !ids.isEmpty else { return [] }
    let json = try StoredValues.json(ids.map(StoredValues.text))
    return try await database.read { db in
      let found = try String.fetchAll(
        db, sql: "SELECT id FROM documents WHERE id IN (SELECT value FROM json_each(?))", arguments: [json])
      return Set(try found.map(StoredValues.id))
    }
  }

  public func text(documentID: UUID) async throws -> ExtractedText? {
    try await database.read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT document, structure FROM document_texts
          WHERE document = (SELECT sequence FROM documents WHERE id = ?)
          """)
      guard let row = try Row.fetchOne(statement, arguments: [StoredValues.text(documentID)]) else {
        return nil
      }
      let parts = try Data.fetchCursor(
        db, sql: "SELECT bytes FROM document_text_parts WHERE document = ? ORDER BY start",
        arguments: [row["document"] as Int64])
      var bytes = Data()
      while let part = try parts.next() { bytes.append(part) }
      return try TextStructureCodec.decode(row["structure"], text: String(decoding: bytes, as: UTF8.self))
    }
  }

  public func chunks(documentID: UUID, ordinals: Range<Int>) async throws -> [Chunk] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(Chunk.columns) FROM chunks WHERE document_id = ? AND ordinal >= ? AND ordinal < ?
          ORDER BY ordinal
          """,
        arguments: [StoredValues.text(documentID), ordinals.lowerBound, ordinals.upperBound]
      ).map(Chunk.init(row:))
    }
  }

  public func chunk(id: UUID) async throws -> Chunk? {
    try await database.read { db in
      try Row.fetchOne(
        db, sql: "SELECT \(Chunk.columns) FROM chunks WHERE id = ?", arguments: [StoredValues.text(id)]
      )
      .map(Chunk.init(row:))
    }
  }

  public func deleteDocument(id: UUID) async throws -> Document? {
    try await database.write { db in
      let document = try Self.document("id", StoredValues.text(id), db)
      try db.execute(sql: "DELETE FROM documents WHERE id = ?", arguments: [StoredValues.text(id)])
      return document
    }
  }

  private static func document(_ column: String, _ key: String, _ db: Database) throws -> Document? {
    try Row.fetchOne(db, sql: "SELECT * FROM documents WHERE \(column) = ?", arguments: [key])
      .map(Document.init(row:))
  }
}
