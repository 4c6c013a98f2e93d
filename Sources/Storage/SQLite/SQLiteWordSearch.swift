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
        SELECT chunks.*, documents.title AS document_title, documents.source, found.score
        FROM (
          SELECT rowid, -bm25(chunks_fts, \(Self.weights)) AS score
          FROM chunks_fts WHERE chunks_fts MATCH ? \(condition ?? "") ORDER BY score DESC, rowid LIMIT ?
        ) AS found
        JOIN chunks ON chunks.sequence = found.rowid
        JOIN documents ON documents.id = chunks.document_id
        ORDER BY found.score DESC, found.rowid
        """)
    return try Row.fetchAll(statement, arguments: [match] + filter.arguments + [limit]).map(
      Passage.init(row:))
  }
}
