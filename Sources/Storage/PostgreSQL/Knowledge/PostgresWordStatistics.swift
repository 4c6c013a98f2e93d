import Graph
import Postgres
import Synchronization

/// How common words are in an owner's chunks, which is what makes one count more than another.
///
/// Remembered for a minute: they change slowly, and counting a common word in a large collection takes longer than the
/// search itself. There the common ones come from what PostgreSQL's ANALYZE has found, and only the others are counted.
final class PostgresWordStatistics: Sendable {
  static let lifetime = Duration.seconds(60)
  /// Up to so many chunks every word is counted, and what this process stores is counted in at once.
  static let smallCollection = 20_000
  /// How many words are remembered of an owner.
  private static let capacity = 10_000

  /// What is known of the words of a query.
  struct Frequencies: Sendable, Hashable {
    var chunkCount: Int
    /// Words of a chunk.
    var meanLength: Double
    /// In how many chunks each word is, by its stem.
    var counts: [String: Int]
  }

  private struct Known {
    var chunkCount = 0
    var meanLength = 1.0
    /// In which part of the chunks a word is; from the server's statistics.
    var common: [String: Double] = [:]
    var counts: [String: Int] = [:]
    var end: ContinuousClock.Instant

    func count(_ stem: String) -> Int? {
      common[stem].map { Int($0 * Double(chunkCount)) } ?? counts[stem]
    }
  }

  private let owners = Mutex<[String: Known]>([:])

  /// - Throws: ``StoreError``.
  func frequencies(
    of stems: [String], owner: String, _ database: PostgresDatabase
  ) async throws -> Frequencies {
    var known = try await collection(owner, database)
    let missing = stems.filter { known.count($0) == nil }
    if !missing.isEmpty {
      let counts = try await count(missing, owner, database)
      known.counts.merge(counts) { _, new in new }
      owners.withLock { owners in
        guard owners[owner]?.end == known.end else { return }
        if known.counts.count > Self.capacity { known.counts = counts }
        owners[owner] = known
      }
    }
    let counts = stems.map { ($0, known.count($0) ?? 0) }
    return Frequencies(
      chunkCount: known.chunkCount, meanLength: known.meanLength,
      counts: Dictionary(counts) { first, _ in first })
  }

  /// To be told after an owner's documents have changed.
  func documentsHaveChanged(owner: String) {
    owners.withLock { owners in
      if let known = owners[owner], known.chunkCount < Self.smallCollection { owners[owner] = nil }
    }
  }

  private func collection(_ owner: String, _ database: PostgresDatabase) async throws -> Known {
    let now = ContinuousClock.now
    if let known = owners.withLock({ $0[owner] }), known.end > now { return known }
    var known = Known(end: now + Self.lifetime)
    let size = try await database.query(
      """
      SELECT coalesce(sum(chunk_count), 0)::bigint, coalesce(sum(word_count), 0)::bigint
      FROM documents WHERE owner = $1
      """, [.text(owner)])
    if let row = size.first {
      known.chunkCount = try row[0]
      known.meanLength = max(Double(try row[1] as Int) / Double(max(known.chunkCount, 1)), 1)
    }
    if known.chunkCount >= Self.smallCollection { known.common = try await Self.commonWords(database) }
    owners.withLock { owners in
      owners = owners.filter { $0.value.end > now }
      owners[owner] = known
    }
    return known
  }

  /// The server's statistics of all owners' chunks; empty before the first ANALYZE.
  static func commonWords(_ database: PostgresDatabase) async throws -> [String: Double] {
    let rows = try await database.query(
      """
      SELECT most_common_elems::text::text[], most_common_elem_freqs::real[] FROM pg_stats
      WHERE schemaname = current_schema() AND tablename = 'chunks' AND attname = 'words'
        AND most_common_elems IS NOT NULL
      """)
    guard let row = rows.first else { return [:] }
    let words: [String] = try row[0]
    let frequencies: [Float] = try row[1]
    return Dictionary(zip(words, frequencies.map(Double.init)).map { ($0, $1) }) { first, _ in first }
  }

  private func count(
    _ stems: [String], _ owner: String, _ database: PostgresDatabase
  ) async throws -> [String: Int] {
    let rows = try await database.query(
      """
      SELECT stem, (SELECT count(*) FROM chunks WHERE owner = $1 AND words @@ query::tsquery)
      FROM unnest($2::text[], $3::text[]) AS word (stem, query)
      """, [.text(owner), .texts(stems), .texts(stems.map(ChunkWords.quoted))])
    return Dictionary(try rows.map { (try $0[0] as String, try $0[1] as Int) }) { first, _ in first }
  }
}
