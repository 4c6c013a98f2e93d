import Foundation
import Graph
import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("A search by words and vectors in PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresHybridSearchTests {
  @Test("finds for each text what the two searches find on their own")
  func both() async throws {
    try await withKnowledge { stores in
      let texts = ["otter", "?!", "river stones"]
      let vectors = [axis(0), axis(1), unit([1, 1, 1, 0, 0, 0, 0, 0])]
      for filter in [SearchFilter.all, SearchFilter(folders: ["b"])] {
        let lists = try await stores.knowledge.passages(
          for: texts, limit: 5, filter: filter, vectors: GivenVectors(vectors: { vectors }))
        guard case .found(let found) = lists.meaning else { throw StoreError(.failed, "no vectors") }
        #expect(found.queryVector == axis(0))
        for (index, text) in texts.enumerated() {
          #expect(
            try await stores.knowledge.search(text, limit: 5, filter: filter) == lists.words[index])
          #expect(
            try await stores.embeddings.nearest(vectors[index], limit: 5, filter: filter)
              == found.lists[index])
        }
        #expect(lists.words.map(\.isEmpty) == [false, true, false])
      }
    }
  }

  @Test("finds by words when the question cannot be embedded, or its vectors cannot be searched")
  func failures() async throws {
    try await withKnowledge { stores in
      let sources: [GivenVectors] = [
        GivenVectors(vectors: { throw StoreError(.failed, "no embedder") }),
        GivenVectors(vectors: { [[1, 0]] }),
        GivenVectors(model: "gone", vectors: { [axis(0)] }),
      ]
      for source in sources {
        let retriever = HybridRetriever(words: stores.knowledge, vectors: source)
        let retrieval = try await retriever.retrieve(RetrievalQuery("otter"))
        #expect(retrieval.mode == .words)
        #expect(retrieval.warnings.count == 1)
        #expect(retrieval.candidates.count == 2)
      }
      let none = HybridRetriever(words: stores.knowledge, vectors: GivenVectors(vectors: { nil }))
      let retrieval = try await none.retrieve(RetrievalQuery("otter"))
      #expect(retrieval.mode == .words && retrieval.warnings.isEmpty && retrieval.candidates.count == 2)
    }
  }

  @Test("is one of words alone in a database without the extension, which says so")
  func withoutExtension() async throws {
    try await withDatabaseWithoutExtension { url in
      let database = try await PostgresDatabase.open(
        url: url, nodeID: UUID(), logger: Logger(label: "test"))
      let missing = try #require(database.vectorsUnavailable)
      #expect(missing.contains("CREATE EXTENSION vector"))
      let stores = database.mine
      _ = try await stores.knowledge.save(makeDocument())
      #expect(try await stores.embeddings.embeddingModels().isEmpty)
      do {
        try await stores.embeddings.add(model)
        Issue.record("added a model")
      } catch let error as StoreError {
        #expect(error.code == .unavailable && error.message == missing)
      }
      try await stores.embeddings.prepareSearch(model: model.id)
      let retriever = HybridRetriever(words: stores.knowledge, vectors: GivenVectors(vectors: { [axis(0)] }))
      let retrieval = try await retriever.retrieve(RetrievalQuery("stream"))
      #expect(retrieval.candidates.count == 1 && retrieval.warnings.count == 1)
      await database.close()
    }
  }

  @Test("knows from the server's statistics how common the common words are")
  func statistics() async throws {
    try await withPostgresDatabase { database in
      #expect(try await PostgresWordStatistics.commonWords(database).isEmpty)
      let texts = (0..<200).map { "every \($0.isMultiple(of: 4) ? "otter" : "heron") \($0)" }
      _ = try await database.mine.knowledge.save(makeDocument(texts: texts))
      _ = try await database.client.query("ANALYZE chunks")
      let common = try await PostgresWordStatistics.commonWords(database)
      #expect(common["otter"] == 0.25 && common["heron"] == 0.75 && common["everi"] == 1)
      let frequencies = try await database.knowledge.wordStatistics
        .frequencies(of: ["otter", "none"], owner: Owner.me.id, database)
      #expect(frequencies.counts == ["otter": 50, "none": 0])
      #expect(frequencies.chunkCount == 200 && frequencies.meanLength == 4)
    }
  }

  private func withKnowledge(_ body: (Stores) async throws -> Void) async throws {
    try await withPostgresDatabase { database in
      let stores = database.mine
      try await stores.embeddings.add(model)
      for folder in ["a", "b"] {
        let fixture = makeDocument(
          source: "\(folder)/x", hash: folder, texts: ["an otter \(folder)", "a river", "stones \(folder)"])
        _ = try await stores.knowledge.save(fixture)
        try await stores.embeddings.save([axis(0), axis(1), axis(2)], for: fixture.chunks)
      }
      try await body(stores)
    }
  }
}

private struct GivenVectors: VectorSearch {
  var model = "test/1"
  var vectors: @Sendable () async throws -> [[Float]]?

  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult? { nil }
  func queryVectors(of texts: [String]) async throws -> QueryVectors? {
    try await vectors().map { QueryVectors(model: model, vectors: $0) }
  }
  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] { [:] }
}

/// Runs `body` with a database of its own that lacks the extension, as a user who may not create it.
private func withDatabaseWithoutExtension(_ body: (String) async throws -> Void) async throws {
  // Waits its turn with the other tests of the server.
  try await withPostgres { _ in
    let name = "rill_test_" + UUID().uuidString.lowercased().replacing("-", with: "")
    var parts = try #require(TestPostgres.url.flatMap { URLComponents(string: $0) })
    parts.queryItems = (parts.queryItems ?? []) + [URLQueryItem(name: "connect_timeout", value: "30")]
    let admin = try client(parts)
    _ = try await admin.query("CREATE ROLE \(name) LOGIN PASSWORD '\(name)'")
    _ = try await admin.query("CREATE DATABASE \(name) TEMPLATE template0")
    parts.path = "/" + name
    let result: Result<Void, any Error>
    do {
      let owner = try client(parts)
      _ = try await owner.query("CREATE SCHEMA rill AUTHORIZATION \(name)")
      await owner.close()
      parts.user = name
      parts.password = name
      parts.queryItems?.append(URLQueryItem(name: "options", value: "-csearch_path=rill"))
      result = .success(try await body(try #require(parts.string)))
    } catch {
      result = .failure(error)
    }
    _ = try await admin.query("DROP DATABASE \(name) WITH (FORCE)")
    _ = try await admin.query("DROP ROLE \(name)")
    await admin.close()
    try result.get()
  }
}

private func client(_ url: URLComponents) throws -> PostgresClient {
  PostgresClient(
    try PostgresConfiguration(url: try #require(url.string)), logger: Logger(label: "test"))
}
