import Foundation
import GRDB
import Graph
import TestSupport
import Testing

@testable import Storage

/// `rill_best_rows` reads the rows of one phrase after the other and spares the look at the lengths of rows that cannot win;
/// SQLite's own `bm25` goes through all rows of all phrases at once, and looks at all lengths.
@Suite("The rank of words")
struct SQLiteRankingTests {
  private struct Found: Equatable, FetchableRecord {
    let row: Int64
    let score: Double

    /// Another compiler may round the last bit differently.
    static func == (first: Found, second: Found) -> Bool {
      first.row == second.row && abs(first.score - second.score) <= 1e-12 * abs(first.score)
    }

    init(row: Int64, score: Double) {
      self.row = row
      self.score = score
    }

    init(row: Row) {
      self.init(row: row[0], score: row[1])
    }
  }

  private static let words = ["otter", "river", "stone", "reed", "heron", "the", "of", "rill"]

  @Test("is that of SQLite for the best rows", arguments: UInt64(1)...12)
  func same(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    try withTable(rowCount: Int(seed) * 60, &random) { db, random in
      for _ in 0..<25 {
        let terms = (0..<Int.random(in: 1...6, using: &random)).map { _ -> String in
          let word = Self.words.randomElement(using: &random) ?? ""
          // Two words in a row, and the beginning of a word, are phrases, too.
          switch Int.random(in: 0..<5, using: &random) {
          case 0: return "\"\(word) \(Self.words.randomElement(using: &random) ?? "")\""
          case 1: return "\(word.prefix(2))*"
          default: return "\"\(word)\""
          }
        }
        let query: String = terms.joined(separator: " OR ")
        for limit in [1, 2, 10, 50, 4_096] {
          let expected = try search("words MATCH ?", query, limit, db)
          #expect(try best(query, "\(limit)", db) == expected, "\(query)")
        }
        let all = try search("words MATCH ?", query, 4_096, db)
        #expect(try best(query, "9999999999", db) == all)
        for limit in ["0", "-1", "NULL", "'x'"] { #expect(try best(query, limit, db).isEmpty) }
        // Only some rows may be found; their scores are those among all rows.
        let wanted = (1...1_000 as ClosedRange<Int64>).filter { _ in
          Int.random(in: 0..<3, using: &random) == 0
        }
        let rows = wanted.withUnsafeBytes { Data($0) }
        let list = wanted.map(String.init).joined(separator: ",")
        let expected = try search("words MATCH ? AND rowid IN (\(list))", query, 20, db)
        #expect(try best(query, "20", rows: rows, db) == expected)
        #expect(try best(query, "20", rows: Data(), db).isEmpty)
      }
    }
  }

  @Test("finds nothing in an empty table, and says nothing of a row that was not searched for")
  func edges() throws {
    var random = SeededGenerator(seed: 1)
    try withTable(rowCount: 0, &random) { db, _ in
      let found = try best("otter", "10", db)
      #expect(found.isEmpty)
      #expect(throws: DatabaseError.self) {
        try Data.fetchOne(db, sql: "SELECT rill_best_rows('words', 'words', 10, NULL)")
      }
    }
  }

  @Test("is an error where the index is damaged or the table is another one")
  func damage() throws {
    var random = SeededGenerator(seed: 2)
    try withTable(rowCount: 20, &random) { db, _ in
      for name in ["'other'", "NULL"] {
        #expect(throws: DatabaseError.self) {
          try Data.fetchOne(
            db,
            sql:
              "SELECT rill_best_rows(words, \(name), 5, NULL) FROM words WHERE words MATCH 'otter OR river'")
        }
      }
      #expect(throws: DatabaseError.self) {
        try Data.fetchOne(
          db, sql: "SELECT rill_best_rows(words, 'words') FROM words WHERE words MATCH 'otter'")
      }
      let found = try best("otter OR river", "5", db)
      #expect(found.count == 5)
      try db.execute(sql: "DELETE FROM words_docsize")
      #expect(throws: DatabaseError.self) { try best("otter OR river", "5", db) }
    }
  }

  private func best(
    _ query: String, _ limit: String, rows: Data? = nil, _ db: Database
  ) throws -> [Found] {
    let sql =
      "SELECT rill_best_rows(words, 'words', \(limit), ?, 2.0, 1.5, 1.0) FROM words WHERE words MATCH ? LIMIT 1"
    let found = try Data.fetchOne(db, sql: sql, arguments: [rows, query]) ?? Data()
    return found.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 16).map {
        Found(
          row: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self),
          score: bytes.loadUnaligned(fromByteOffset: $0 + 8, as: Double.self))
      }
    }
  }

  private func search(_ condition: String, _ query: String, _ limit: Int, _ db: Database) throws -> [Found] {
    try Found.fetchAll(
      db,
      sql: """
        SELECT rowid, -bm25(words, 2.0, 1.5, 1.0) AS score FROM words WHERE \(condition)
        ORDER BY score DESC, rowid LIMIT ?
        """,
      arguments: [query, limit])
  }

  /// Words at random, the first ones far more often than the last, in rows of very different lengths.
  private func withTable(
    rowCount: Int, _ random: inout SeededGenerator, _ body: (Database, inout SeededGenerator) throws -> Void
  ) throws {
    let queue = try DatabaseQueue(configuration: SQLiteDatabase.configuration)
    try queue.inDatabase { db in
      try db.execute(
        sql: "CREATE VIRTUAL TABLE words USING fts5 (title, headings, text, tokenize = 'porter')")
      for _ in 0..<rowCount {
        let columns = [2, 3, 60].map { longest in
          (0..<Int.random(in: 0...longest, using: &random)).map { _ in
            let place = min(Int.random(in: 0..<8, using: &random), Int.random(in: 0..<8, using: &random))
            return Bool.random(using: &random) ? Self.words[place] : "word\(place)"
          }.joined(separator: " ")
        }
        try db.execute(
          sql: "INSERT INTO words (title, headings, text) VALUES (?, ?, ?)",
          arguments: StatementArguments(columns))
      }
      try body(db, &random)
    }
  }
}
