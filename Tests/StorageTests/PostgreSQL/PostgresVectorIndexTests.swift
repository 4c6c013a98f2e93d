import Foundation
import Graph
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("An index of vectors in PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresVectorIndexTests {
  @Test("is used by a search, which finds what a search without it finds")
  func use() async throws {
    try await withVectors(documents: 4, chunks: 400) { knowledge in
      let exact = try await knowledge.embeddings.nearest(knowledge.query, limit: 20)
      #expect(try await !knowledge.plan().contains("chunk_vectors_hnsw"))
      try await knowledge.buildIndex()
      #expect(try await knowledge.model().isIndexed)
      #expect(try await knowledge.plan().contains("Index Scan using chunk_vectors_hnsw"))
      let found = try await knowledge.embeddings.nearest(knowledge.query, limit: 20)
      #expect(Set(found.map(\.chunk.id)).intersection(exact.map(\.chunk.id)).count >= 18)
      for passage in found {
        let expected = cosine(knowledge.query, knowledge.vectors[passage.chunk.id] ?? [])
        #expect(abs(passage.score - expected) < 1e-6, "scored with the full vector")
      }
      #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
    }
  }

  @Test("finds as many as asked for where a filter leaves few of the nearest", arguments: [0, 100_000])
  func filters(fewChunks: Int) async throws {
    try await withVectors(documents: 8, chunks: 200) { knowledge in
      try await knowledge.buildIndex()
      let filter = SearchFilter(documents: [knowledge.documents[5].document.id])
      let wanted = Set(knowledge.documents[5].chunks.map(\.id))
      let found = try await knowledge.nearest(30, filter, fewChunks: fewChunks)
      #expect(found.count == 30)
      #expect(wanted.isSuperset(of: found.map(\.chunk.id)))
      let scores = wanted.map { cosine(knowledge.query, knowledge.vectors[$0] ?? []) }.sorted(by: >)
      #expect(abs((found.first?.score ?? 0) - scores[0]) < 1e-6)
      let plan = try await knowledge.plan(filter, fewChunks: fewChunks)
      #expect(plan.contains("chunk_vectors_hnsw"))
    }
  }

  @Test("holds up neither searches nor documents nor vectors while it is built")
  func building() async throws {
    try await withVectors(documents: 1, chunks: 100) { knowledge in
      let database = knowledge.database
      let blocker = PostgresClient(database.configuration, logger: database.logger)
      // A transaction that has written to the table and does not end: the build has to wait for it.
      try await blocker.withConnection { connection in
        _ = try await connection.query("BEGIN")
        _ = try await connection.query("UPDATE chunk_vectors SET document = document")
        async let built: Void = knowledge.buildIndex()
        try await eventually("the build waits") {
          try await database.count(
            "SELECT count(*) FROM pg_stat_progress_create_index p JOIN pg_class c ON c.oid = p.relid "
              + "WHERE p.phase LIKE 'waiting%' AND c.relnamespace = current_schema()::regnamespace") == 1
        }
        #expect(try await knowledge.embeddings.nearest(knowledge.query).count == 10)
        #expect(try await !knowledge.model().isIndexed)
        let fixture = makeDocument(source: "new", hash: "new")
        _ = try await database.mine.knowledge.save(fixture)
        try await knowledge.embeddings.save([knowledge.query], for: fixture.chunks)
        _ = try await connection.query("COMMIT")
        try await built
        #expect(try await knowledge.model().isIndexed)
        #expect(try await knowledge.embeddings.nearest(knowledge.query).first?.chunk == fixture.chunks[0])
      }
      await blocker.close()
    }
  }

  @Test("is built anew after a build that failed")
  func invalid() async throws {
    try await withVectors(documents: 1, chunks: 100) { knowledge in
      try await knowledge.buildIndex()
      _ = try await knowledge.database.client.query(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass($1)",
        [.text(try await knowledge.model().index)])
      #expect(try await !knowledge.model().isIndexed)
      #expect(try await knowledge.embeddings.nearest(knowledge.query).count == 10)
      try await knowledge.buildIndex()
      #expect(try await knowledge.model().isIndexed)
    }
  }

  @Test("is built by one node when several want it, and goes with its model")
  func severalNodes() async throws {
    try await withVectors(documents: 1, chunks: 300) { knowledge in
      async let first: Void = knowledge.buildIndex()
      async let second: Void = knowledge.buildIndex()
      _ = try await (first, second)
      #expect(try await knowledge.model().isIndexed)
      try await knowledge.embeddings.add(EmbedderDescriptor(id: "b", dimension: 2))
      try await knowledge.embeddings.serve(model: "b")
      let indexes = "SELECT count(*) FROM pg_class WHERE relname LIKE 'chunk_vectors_hnsw%' "
      #expect(
        try await knowledge.database.count(indexes + "AND relnamespace = current_schema()::regnamespace") == 0
      )
      #expect(try await knowledge.database.count("SELECT count(*) FROM chunk_vectors") == 0)
      #expect(try await knowledge.database.count("SELECT count(*) FROM embedding_models") == 1)
    }
  }
}

/// A knowledge base with random vectors.
private struct VectorKnowledge: Sendable {
  let database: PostgresDatabase
  var documents: [DocumentFixture] = []
  var vectors: [UUID: [Float]] = [:]
  var query: [Float] = []

  var embeddings: PostgresEmbeddingStore { PostgresEmbeddingStore(database: database, owner: Owner.me.id) }

  func model() async throws -> PostgresEmbeddingModel { try await embeddings.model("test/1") }

  func buildIndex() async throws {
    try await PostgresVectorIndex(
      database: database, vectors: try embeddings.vectors, model: try await model()
    ).build(from: 10)
  }

  private func search(
    _ limit: Int, _ filter: SearchFilter, fewChunks: Int
  ) async throws -> (settings: PostgresStatement, search: PostgresStatement) {
    let search = PostgresVectorSearch(
      owner: Owner.me.id, model: try await model(), vectors: try embeddings.vectors,
      filter: PostgresSearchFilter(filter), fewChunks: fewChunks)
    // So few vectors are compared faster than found in an index.
    let settings =
      ["enable_seqscan", "enable_bitmapscan", "enable_sort"].map { "set_config('\($0)', 'off', true)" }
      + search.settings(limit: limit)
    return (
      PostgresStatement("SELECT " + settings.joined(separator: ", ")),
      search.statement(nearestTo: query, limit: limit)
    )
  }

  func nearest(_ limit: Int, _ filter: SearchFilter, fewChunks: Int) async throws -> [Passage] {
    let statements = try await search(limit, filter, fewChunks: fewChunks)
    return try await database.pipeline([statements.settings, statements.search])[1].map(
      Passage.init(postgres:))
  }

  func plan(_ filter: SearchFilter = .all, fewChunks: Int = 0) async throws -> String {
    let statements = try await search(20, filter, fewChunks: fewChunks)
    let explain = PostgresStatement("EXPLAIN " + statements.search.sql, statements.search.parameters)
    return try await database.pipeline([statements.settings, explain])[1].map { try $0[0] as String }
      .joined(separator: "\n")
  }
}

private func withVectors(
  documents: Int, chunks: Int, _ body: (VectorKnowledge) async throws -> Void
) async throws {
  try await withPostgresDatabase { database in
    var knowledge = VectorKnowledge(database: database)
    var random = SeededGenerator(seed: 7)
    knowledge.query = random.direction(8)
    try await database.mine.embeddings.add(model)
    for number in 0..<documents {
      let fixture = makeDocument(
        source: "\(number)", hash: "\(number)", texts: (0..<chunks).map { "text \(number) \($0)" })
      _ = try await database.mine.knowledge.save(fixture)
      let vectors = fixture.chunks.map { _ in random.direction(8) }
      try await database.mine.embeddings.save(vectors, for: fixture.chunks)
      for (chunk, vector) in zip(fixture.chunks, vectors) { knowledge.vectors[chunk.id] = vector }
      knowledge.documents.append(fixture)
    }
    for table in ["chunk_vectors", "chunks", "documents"] {
      _ = try await database.client.query("ANALYZE \(table)")
    }
    try await body(knowledge)
  }
}
