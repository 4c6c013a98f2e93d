import GRDB
import Graph

/// A search by words and by vectors that reads only the passages which are left of both lists.
struct SQLiteCandidateSearch: Sendable {
  let database: SQLiteDatabase
  let search: CandidateSearch
  private let filter: SQLiteSearchFilter

  init(_ search: CandidateSearch, owner: Owner, _ database: SQLiteDatabase) {
    self.database = database
    self.search = search
    filter = SQLiteSearchFilter(search.filter, owner: owner)
  }

  func run(vectors: (any VectorSearch)?) async throws -> FoundCandidates {
    guard let vectors else { return try await byWords(wordHits(), .unavailable) }
    // The words are searched while the question is embedded.
    async let words = wordHits()
    let query: QueryVectors?
    do {
      query = try await vectors.queryVectors(of: search.texts)
    } catch let error as CancellationError {
      throw error
    } catch {
      return try await byWords(words, .failed(error))
    }
    guard let query, let first = query.vectors.first else { return try await byWords(words, .unavailable) }
    do {
      var found = FoundCandidates()
      found.candidates = try await byBoth(words, query)
      found.meaning = .found(queryVector: first)
      return found
    } catch let error as CancellationError {
      throw error
    } catch {
      // Words alone may still be found: perhaps it is the vectors that fail.
      return try await byWords(words, .failed(error))
    }
  }

  /// One list for each text; none when words do not count.
  private func wordHits() async throws -> [[ChunkHit]] {
    let limit = search.settings.depth
    guard search.settings.wordWeight > 0 else { return [] }
    return try await database.read { db in
      try search.texts.map { text in
        guard limit > 0, let match = FullTextQuery(text).match else { return [] }
        return try SQLiteWordSearch(match: match, filter: filter).hits(limit: limit, db)
      }
    }
  }

  private func byWords(
    _ words: [[ChunkHit]], _ meaning: FoundCandidates.Meaning
  ) async throws -> FoundCandidates {
    var found = FoundCandidates()
    found.meaning = meaning
    found.candidates = try await database.read { try candidates(words: words, meaning: [], $0) }
    return found
  }

  private func byBoth(_ words: [[ChunkHit]], _ query: QueryVectors) async throws -> [Candidate] {
    try await database.vectors.nearest(to: query, limit: search.settings.depth, filter: filter) {
      try candidates(words: words, meaning: $0, $1)
    }
  }

  private func candidates(
    words: [[ChunkHit]], meaning: [[ChunkHit]], _ db: Database
  ) throws -> [Candidate] {
    let limit = search.settings.candidateLimit
    let fused = Fusion(settings: search.settings).fuse(words: words, meaning: meaning, limit: limit)
    let passages = try SQLitePassageReader(db: db, filter: filter).passages(fused.map(\.chunk))
    return Fusion.candidates(fused, passages: passages, limit: limit)
  }
}

extension SQLiteKnowledgeStore {
  func candidates(_ search: CandidateSearch, vectors: (any VectorSearch)?) async throws -> FoundCandidates {
    try await SQLiteCandidateSearch(search, owner: owner, database).run(vectors: vectors)
  }
}
