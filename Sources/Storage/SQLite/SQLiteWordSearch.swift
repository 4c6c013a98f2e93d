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
    var reader = try SQLitePassageReader(db)
    return try found(limit: limit, db).compactMap { try reader.passage(chunk: $0.chunk, score: $0.score) }
  }

  private func found(limit: Int, _ db: Database) throws -> [(chunk: Int64, score: Double)] {
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
        SELECT rowid, -bm25(chunks_fts, \(Self.weights)) AS score
        FROM chunks_fts WHERE chunks_fts MATCH ? \(condition ?? "") ORDER BY score DESC, rowid LIMIT ?
        """)
    let rows = try Row.fetchCursor(statement, arguments: [match] + filter.arguments + [limit])
    var found: [(chunk: Int64, score: Double)] = []
    while let row = try rows.next() { found.append((row[0], row[1])) }
    return found
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
