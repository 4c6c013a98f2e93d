public import Foundation
public import Graph
import Postgres

/// Documents and chunks in PostgreSQL, found with its full-text search.
public struct PostgresKnowledgeStore: KnowledgeStore {
  let database: PostgresDatabase
  let owner: String

  public func save(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome {
    let outcome = try await save(
      PostgresDocumentWriter(owner: owner, document: document, text: text, chunks: chunks))
    guard let outcome else { throw StoredValues.unreadable("document") }
    return outcome
  }

  public func finishReading(
    _ document: Document, text: ExtractedText, chunks: [Chunk]
  ) async throws -> SaveOutcome? {
    try await save(
      PostgresDocumentWriter(
        owner: owner, document: document, text: text, chunks: chunks, reader: database.node.incarnation))
  }

  private func save(_ writer: PostgresDocumentWriter) async throws -> SaveOutcome? {
    let outcome = try await PostgresErrorMapping.run {
      try await database.commit(on: database.client, beginningWith: writer.beginning) {
        connection, found -> SaveOutcome? in
        writer.wasBeingRead(found) ? try await writer.save(connection, found: found) : nil
      }
    }
    database.knowledge.wordStatistics.documentsHaveChanged(owner: owner)
    return outcome
  }

  public func documents(_ query: DocumentQuery) async throws -> DocumentPage {
    let start = try query.cursor.map { try DocumentCursor(text: $0) }
    // One more than asked for tells whether there is a next page.
    let limit = min(max(query.limit, 1), Int.max - 1)
    var parameters = PostgresParameters()
    var conditions = ["owner = \(parameters.add(.text(owner)))"]
    if let start {
      let (time, sequence) = (parameters.add(.int(start.createdAt)), parameters.add(.int(start.sequence)))
      conditions.append("(created_at, sequence) < (\(time), \(sequence))")
    }
    if let text = query.text, !text.isEmpty {
      conditions.append("strpos(label, \(parameters.add(.text(text.lowercased().storable)))) > 0")
    }
    if let folder = query.folder.flatMap({ FolderRange($0) }) {
      conditions.append(PostgresSearchFilter.condition(folder, &parameters))
    }
    let rows = try await database.query(
      """
      SELECT \(Document.postgresColumns) FROM documents WHERE \(conditions.joined(separator: " AND "))
      ORDER BY created_at DESC, sequence DESC LIMIT \(parameters.add(.int(Int64(limit + 1))))
      """, parameters.values)
    let page = try rows.prefix(limit).map { (document: try Document(row: $0), sequence: try $0[0] as Int64) }
    let next = page.last.map {
      DocumentCursor(createdAt: StoredValues.milliseconds($0.document.createdAt), sequence: $0.sequence).text
    }
    return DocumentPage(documents: page.map(\.document), nextCursor: rows.count > limit ? next : nil)
  }

  public func documentCount() async throws -> Int {
    try await database.query("SELECT count(*) FROM documents WHERE owner = $1", [.text(owner)]).first?[0] ?? 0
  }

  public func document(id: UUID) async throws -> Document? { try await document("id", .uuid(id)) }

  public func document(contentHash: String) async throws -> Document? {
    try await document("content_hash", .text(contentHash.storable))
  }

  public func document(source: String) async throws -> Document? {
    try await document("source", .text(source.storable))
  }

  private func document(_ column: String, _ key: PostgresValue) async throws -> Document? {
    try await database.query(
      "SELECT \(Document.postgresColumns) FROM documents WHERE owner = $1 AND \(column) = $2",
      [.text(owner), key]
    ).first.map(Document.init(row:))
  }

  public func existingDocuments(among ids: Set<UUID>) async throws -> Set<UUID> {
    guard !ids.isEmpty else { return [] }
    let rows = try await database.query(
      "SELECT id FROM documents WHERE owner = $1 AND id = ANY ($2)", [.text(owner), .uuids(Array(ids))])
    return Set(try rows.map { try $0[0] as UUID })
  }

  public func deleteDocument(id: UUID) async throws -> Document? {
    let document = try await database.write { connection in
      try await connection.query(
        "DELETE FROM documents WHERE owner = $1 AND id = $2 RETURNING \(Document.postgresColumns)",
        [.text(owner), .uuid(id)]
      ).first.map(Document.init(row:))
    }
    database.knowledge.wordStatistics.documentsHaveChanged(owner: owner)
    return document
  }
}

// MARK: - Searches

extension PostgresKnowledgeStore {
  public func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
    try await search([query], limit: limit, filter: filter).first ?? []
  }

  public func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> [[Passage]] {
    try await search(limit, filter).words(texts)
  }

  public func passages(
    for texts: [String], limit: Int, filter: SearchFilter, vectors: any VectorSearch
  ) async throws -> PassageLists {
    try await search(limit, filter).both(texts) { try await vectors.queryVectors(of: texts) }
  }

  private func search(_ limit: Int, _ filter: SearchFilter) -> PostgresPassageSearch {
    PostgresPassageSearch(database: database, owner: owner, limit: limit, filter: filter)
  }
}

// MARK: - Texts and chunks

extension PostgresKnowledgeStore {
  public func text(documentID: UUID) async throws -> ExtractedText? {
    try await database.read { connection in
      let texts = try await connection.query(
        """
        SELECT document, structure FROM document_texts
        WHERE document = (SELECT sequence FROM documents WHERE owner = $1 AND id = $2)
        """, [.text(owner), .uuid(documentID)])
      guard let row = texts.first else { return nil }
      let parts = try await connection.query(
        "SELECT bytes FROM document_text_parts WHERE document = $1 ORDER BY start",
        [.int(try row["document"])])
      var bytes = Data()
      for part in parts { bytes.append(try part[0] as Data) }
      return try TextStructureCodec.decode(try row["structure"], text: String(decoding: bytes, as: UTF8.self))
    }
  }

  public func chunks(documentID: UUID, ordinals: Range<Int>) async throws -> [Chunk] {
    try await database.query(
      """
      SELECT \(Chunk.postgresColumns) FROM documents d JOIN chunks c ON c.document = d.sequence
      WHERE d.owner = $1 AND d.id = $2 AND c.ordinal >= $3 AND c.ordinal < $4 ORDER BY c.ordinal
      """,
      [
        .text(owner), .uuid(documentID), .int(Int64(ordinals.lowerBound)), .int(Int64(ordinals.upperBound)),
      ]
    ).map(Chunk.init(postgres:))
  }

  public func chunk(id: UUID) async throws -> Chunk? {
    try await database.query(
      """
      SELECT \(Chunk.postgresColumns) FROM chunks c JOIN documents d ON d.sequence = c.document
      WHERE c.owner = $1 AND c.id = $2
      """, [.text(owner), .uuid(id)]
    ).first.map(Chunk.init(postgres:))
  }
}
