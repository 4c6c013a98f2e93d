import GRDB
import Graph

/// A search of the full-text index.
struct SQLiteWordSearch {
  /// See ``FullTextQuery/match``.
  let match: String
  let filter: SQLiteSearchFilter

  /// What a word counts in the title, in the headings and in the text.
  static let weights = "2.0, 1.5, 1.0"

  func run(limit: Int, _ db: Database) throws -> [Passage] {
    try SQLitePassageReader(db: db, filter: filter).passages(hits(limit: limit, db))
  }

  /// The chunks that were found, best first.
  func hits(limit: Int, _ db: Database) throws -> [ChunkHit] {
    // One owner is the rule: then there is nothing to leave out, and no list of what may be found to be made.
    let filter = try ownsEverything(db) ? filter : filter.withCondition
    // The plus sign keeps FTS5 from searching anew for each row number.
    let condition = filter.condition.map {
      """
      AND +rowid IN (
        SELECT chunks.sequence FROM documents JOIN chunks ON chunks.document_id = documents.id WHERE \($0)
      )
      """
    }
    let statement = try db.cachedStatement(
      sql: """
        SELECT rowid, -rill_bm25(chunks_fts, ?, \(Self.weights)) AS score
        FROM chunks_fts WHERE chunks_fts MATCH ? \(condition ?? "") ORDER BY score DESC, rowid LIMIT ?
        """)
    let rows = try Row.fetchCursor(statement, arguments: [limit, match] + filter.arguments + [limit])
    var hits: [ChunkHit] = []
    while let row = try rows.next() { hits.append(ChunkHit(chunk: row[0], score: row[1])) }
    return hits
  }

  /// Two look-ups in an index, however many documents there are.
  private func ownsEverything(_ db: Database) throws -> Bool {
    let others = try db.cachedStatement(
      sql: """
        SELECT EXISTS (SELECT 1 FROM documents WHERE owner < ?1)
          OR EXISTS (SELECT 1 FROM documents WHERE owner > ?1)
        """)
    return try Bool.fetchOne(others, arguments: [filter.owner.id]) == false
  }
}
