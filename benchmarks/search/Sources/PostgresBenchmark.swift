import Foundation
import Graph
import Postgres
import Storage

/// Searches of PostgreSQL's stores, at one size of the knowledge base.
struct PostgresBenchmark {
  let chunks: Int
  let queries: Int

  private static let model = SearchBenchmark.model
  private static let limit = SearchBenchmark.depth
  private let clock = ContinuousClock()

  func run(_ database: BenchmarkDatabase) async throws -> [String: Double] {
    let corpus = SampleCorpus()
    var figures = try await fill(database, corpus)
    let questions = (0..<queries).map(corpus.query)
    let exact = try await nearest(questions, database)
    try await time("exact", questions.prefix(50), &figures) { _ = try await vectors($0, database) }
    figures["index_s"] =
      try await clock.measure {
        try await database.stores.embeddings.prepareSearch(model: Self.model.id)
      }.milliseconds / 1_000
    for (name, table) in [("words", "chunks_by_words"), ("vectors", "chunk_vectors_hnsw_1")] {
      figures["\(name)_index_MB"] = try await megabytes("pg_relation_size(to_regclass($1))", table, database)
    }
    for table in ["chunks", "chunk_vectors"] {
      figures["\(table)_MB"] = try await megabytes("pg_table_size(to_regclass($1))", table, database)
    }
    figures["recall20"] = recall(exact, try await nearest(questions, database))
    figures["words_like_sqlite20"] = try await agreement(corpus, questions, database)
    try await time("words", questions[...], &figures) {
      _ = try await database.stores.knowledge.search($0.text, limit: Self.limit)
    }
    try await time("vectors", questions[...], &figures) { _ = try await vectors($0, database) }
    try await time("hybrid", questions[...], &figures) { query in
      let lists = try await database.stores.knowledge.passages(
        for: [query.text], limit: Self.limit, filter: .all, vectors: KnownVectors(query: query))
      guard case .found = lists.meaning else { throw StoreError(.failed, "The vectors were not searched.") }
    }
    return figures
  }

  private func fill(_ database: BenchmarkDatabase, _ corpus: SampleCorpus) async throws -> [String: Double] {
    let stores = database.stores
    try await stores.embeddings.add(Self.model)
    var (saving, embedding) = (Duration.zero, Duration.zero)
    var (rest, number) = (chunks, 0)
    while rest > 0 {
      let sample = corpus.document(number, chunkCount: min(rest, SampleCorpus.chunksPerDocument))
      saving += try await clock.measure {
        _ = try await stores.knowledge.save(sample.document, text: sample.text, chunks: sample.chunks)
      }
      embedding += try await clock.measure {
        let vectors = zip(sample.chunks, sample.vectors).map { ($0.id, TextEmbedding(vector: $1)) }
        try await stores.embeddings.saveEmbeddings(
          Dictionary(uniqueKeysWithValues: vectors), model: Self.model.id)
      }
      rest -= sample.chunks.count
      number += 1
    }
    // What autovacuum does within a minute.
    for table in ["chunks", "chunk_vectors", "documents"] {
      _ = try await database.client.withConnection { connection in
        try await connection.setStatementTimeout(nil)
        return try await connection.query("VACUUM ANALYZE \(table)")
      }
    }
    return [
      "chunks": Double(chunks), "saving_s": saving.milliseconds / 1_000,
      "embedding_s": embedding.milliseconds / 1_000,
    ]
  }

  private func vectors(
    _ query: SampleCorpus.Query, _ database: BenchmarkDatabase
  ) async throws -> [Passage] {
    try await database.stores.embeddings.nearest(
      to: query.vector, model: Self.model.id, limit: Self.limit, filter: .all)
  }

  private func nearest(
    _ queries: [SampleCorpus.Query], _ database: BenchmarkDatabase
  ) async throws -> [[UUID]] {
    var lists: [[UUID]] = []
    for query in queries { lists.append(try await vectors(query, database).map(\.chunk.id)) }
    return lists
  }

  /// Which part of the 20 best of SQLite, which scores every chunk that has a word, are the 20 best here, too.
  private func agreement(
    _ corpus: SampleCorpus, _ queries: [SampleCorpus.Query], _ database: BenchmarkDatabase
  ) async throws -> Double {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let sqlite = try await SQLiteDatabase.open(folder: folder)
    let other = sqlite.stores(of: .everyone).knowledge
    for number in 0..<((chunks + SampleCorpus.chunksPerDocument - 1) / SampleCorpus.chunksPerDocument) {
      let rest = chunks - number * SampleCorpus.chunksPerDocument
      let sample = corpus.document(number, chunkCount: min(rest, SampleCorpus.chunksPerDocument))
      _ = try await other.save(sample.document, text: sample.text, chunks: sample.chunks)
    }
    var (all, found): ([[UUID]], [[UUID]]) = ([], [])
    for query in queries {
      all.append(try await other.search(query.text, limit: 20).map(\.chunk.id))
      found.append(try await database.stores.knowledge.search(query.text, limit: 20).map(\.chunk.id))
    }
    try sqlite.close()
    return recall(all, found)
  }

  /// Which part of the first 20 are among the first 20 found.
  private func recall(_ exact: [[UUID]], _ found: [[UUID]]) -> Double {
    let shares = zip(exact, found).map { exact, found in
      Double(Set(exact.prefix(20)).intersection(found.prefix(20)).count) / Double(min(exact.count, 20))
    }
    return shares.reduce(0, +) / Double(shares.count)
  }

  private func megabytes(
    _ size: String, _ relation: String, _ database: BenchmarkDatabase
  ) async throws -> Double {
    let rows = try await database.client.query("SELECT coalesce(\(size), 0)::float8 / 1e6", [.text(relation)])
    return try rows.first?[0] ?? 0
  }

  private func time(
    _ name: String, _ queries: ArraySlice<SampleCorpus.Query>, _ figures: inout [String: Double],
    _ body: (SampleCorpus.Query) async throws -> Void
  ) async throws {
    for query in queries.prefix(queries.count / 5) { try await body(query) }
    var times: [Double] = []
    for query in queries { times.append(try await clock.measure { try await body(query) }.milliseconds) }
    times.sort()
    figures["\(name)_p50_ms"] = times[times.count / 2]
    figures["\(name)_p99_ms"] = times[min(times.count - 1, times.count * 99 / 100)]
  }
}

/// Has the vector of its question already, so that no embedder is measured.
private struct KnownVectors: VectorSearch {
  let query: SampleCorpus.Query

  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult? { nil }

  func queryVectors(of texts: [String]) async throws -> QueryVectors? {
    QueryVectors(model: SearchBenchmark.model.id, vectors: [query.vector])
  }

  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] { [:] }
}
