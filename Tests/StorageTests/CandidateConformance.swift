import Foundation
import Graph
import TestSupport
import Testing

/// What every ``PassageSearch`` with vectors beside it finds for a question.
enum CandidateConformance {
  typealias Case = ConformanceCase<KnowledgeStores>

  static let cases: [Case] = [
    Case("finds what the lists of both searches give when they are fused") { stores in
      try await addSamples(to: stores)
      let vectors = StoreVectors(stores, [axis(0), unit([1, 1, 1, 0, 0, 0, 0, 0])])
      for filter in [.all, SearchFilter(folders: ["a"]), SearchFilter(folders: ["none"])] {
        for settings in settings {
          for texts in [["otter"], ["river otter", "stone"], ["?!", "river"]] {
            let search = CandidateSearch(texts, settings: settings, filter: filter)
            try await check(search, vectors, stores)
          }
        }
      }
    },
    Case("orders equal scores by place, also where the list is cut") { stores in
      for number in [3, 1, 4, 0, 2] {
        let fixture = makeDocument(
          source: "\(number)", hash: "\(number)", texts: ["otter", "otter"])
        _ = try await stores.knowledge.save(fixture)
      }
      var settings = RetrievalSettings()
      for limit in [0, 1, 4, 5, 10, 99] {
        settings.candidateLimit = limit
        let found = try await stores.knowledge.candidates(
          CandidateSearch(["otter"], settings: settings), vectors: nil)
        let places = found.candidates.map { "\($0.passage.source)/\($0.passage.chunk.ordinal)" }
        let all = (0..<5).flatMap { ["\($0)/0", "\($0)/1"] }
        #expect(places == Array(all.prefix(limit)))
      }
    },
    Case("goes on with words alone when the vectors fail, and says so") { stores in
      try await addSamples(to: stores)
      let alone = try await stores.knowledge.candidates(CandidateSearch(["otter"]), vectors: nil)
      #expect(!alone.candidates.isEmpty && alone.candidates.allSatisfy { $0.meaning == nil })
      let failures: [StoreVectors] = [
        StoreVectors(stores, failure: StoreError(.failed, "no embedder")),
        StoreVectors(stores, [[1, 0]]), StoreVectors(stores, [axis(0)], model: "gone"),
      ]
      for vectors in failures {
        let found = try await stores.knowledge.candidates(CandidateSearch(["otter"]), vectors: vectors)
        guard case .failed = found.meaning else { throw StoreError(.failed, "did not fail") }
        #expect(found.candidates == alone.candidates)
      }
      let none = try await stores.knowledge.candidates(
        CandidateSearch(["otter"]), vectors: StoreVectors(stores))
      guard case .unavailable = none.meaning else { throw StoreError(.failed, "not unavailable") }
      #expect(none.candidates == alone.candidates)
    },
    Case("ends when the question's embedding is cancelled") { stores in
      try await addSamples(to: stores)
      let vectors = StoreVectors(stores, failure: CancellationError())
      await #expect(throws: CancellationError.self) {
        try await stores.knowledge.candidates(CandidateSearch(["otter"]), vectors: vectors)
      }
    },
  ]

  /// Lists that are complete and cut off, and both ways of fusing them.
  private static let settings: [RetrievalSettings] = RetrievalSettings.Method.allCases.flatMap { method in
    [(200, 100, 0.5), (4, 3, 0.5), (3, 3, 0), (6, 2, 1)].map { depth, limit, meaning in
      var settings = RetrievalSettings()
      settings.method = method
      settings.depth = depth
      settings.candidateLimit = limit
      settings.meaningWeight = meaning
      settings.wordWeight = 1 - meaning
      return settings
    }
  }

  private static func addSamples(to stores: KnowledgeStores) async throws {
    try await stores.embeddings.add(model)
    var random = SeededGenerator(seed: 4)
    let words = ["otter", "river", "stone", "heron", "reed"]
    for number in 0..<8 {
      let texts = (0..<4).map { _ in
        (0..<3).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined(separator: " ")
      }
      let fixture = makeDocument(
        "Notes \(number)", source: "\(number.isMultiple(of: 2) ? "a" : "b")/\(number)", hash: "\(number)",
        headings: ["Animals", "of the \"water\""], texts: texts)
      _ = try await stores.knowledge.save(fixture)
      // The last chunk of each has no vector yet.
      let vectors = (0..<3).map { _ in random.direction(model.dimension) }
      try await stores.embeddings.save(vectors, for: Array(fixture.chunks.prefix(3)))
    }
  }

  /// Compares with lists that were read as a whole.
  static func check(
    _ search: CandidateSearch, _ vectors: StoreVectors, _ stores: KnowledgeStores
  ) async throws {
    let found = try await stores.knowledge.candidates(search, vectors: vectors)
    var words: [[Passage]] = []
    for text in search.settings.wordWeight > 0 ? search.texts : [] {
      words.append(
        try await stores.knowledge.search(text, limit: search.settings.depth, filter: search.filter))
    }
    let meaning =
      try await vectors.search(search.texts, limit: search.settings.depth, filter: search.filter)?.lists ?? []
    let expected = Fusion(settings: search.settings).fuse(
      words: words, meaning: meaning, limit: search.settings.candidateLimit)
    #expect(found.candidates.map(\.passage.chunk) == expected.map(\.passage.chunk), "\(search)")
    #expect(found.candidates == expected, "\(search)")
  }
}

/// Searches the vectors of a store with given ones for the question's texts: the first for the first, and so on, again from the
/// start when there are too few.
struct StoreVectors: VectorSearch {
  let embeddings: any EmbeddingStore
  let vectors: [[Float]]
  let model: String
  let failure: (any Error)?

  /// Without vectors: none serve.
  init(
    _ stores: KnowledgeStores, _ vectors: [[Float]] = [], model: String = "test/1",
    failure: (any Error)? = nil
  ) {
    embeddings = stores.embeddings
    self.vectors = vectors
    self.model = model
    self.failure = failure
  }

  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult? {
    guard let query = try await queryVectors(of: texts), let first = query.vectors.first else { return nil }
    var lists: [[Passage]] = []
    for vector in query.vectors {
      lists.append(try await embeddings.nearest(to: vector, model: model, limit: limit, filter: filter))
    }
    return VectorSearchResult(lists: lists, queryVector: first)
  }

  func queryVectors(of texts: [String]) async throws -> QueryVectors? {
    if let failure { throw failure }
    guard !vectors.isEmpty else { return nil }
    return QueryVectors(
      model: model, vectors: texts.indices.map { vectors[$0 % vectors.count] })
  }

  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] { [:] }
}
