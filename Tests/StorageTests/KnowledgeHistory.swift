import Foundation
import Graph
import TestSupport
import Testing

/// Random steps, the same for the same seed, done to the stores of documents and vectors, and to a plain model of them.
///
/// Several stores may stand for several processes on one database: each step takes one of them.
struct KnowledgeHistory {
  private struct Entry {
    var fixture: DocumentFixture
    var vectors: [UUID: [Float]] = [:]
  }

  private let stores: [KnowledgeStores]
  private var random: SeededGenerator
  private var entries: [Entry] = []
  private var model = EmbedderDescriptor(id: "0", dimension: 8)
  private var step = 0
  private static let words = ["otter", "heron", "beaver", "river", "lake", "reed", "mud", "stone"]

  init(_ stores: [KnowledgeStores], seed: UInt64) {
    self.stores = stores
    random = SeededGenerator(seed: seed)
  }

  mutating func play(steps: Int) async throws {
    try await stores[0].embeddings.add(model)
    for _ in 0..<steps {
      step += 1
      let store = stores[Int.random(in: 0..<stores.count, using: &random)]
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<5: try await add(store)
      case 5..<9: try await replace(store)
      case 9..<11: try await delete(store)
      case 11: try await changeModel(store)
      default: try await embed(store)
      }
      try await compare(stores[Int.random(in: 0..<stores.count, using: &random)])
    }
  }

  private mutating func newTexts(_ count: ClosedRange<Int>) -> [String] {
    (0..<Int.random(in: count, using: &random)).map { number in
      let words = (0..<3).map { _ in Self.words.randomElement(using: &random) ?? "" }
      return "\(words.joined(separator: " ")) \(step)n\(number)"
    }
  }

  private mutating func add(_ store: KnowledgeStores) async throws {
    let fixture = makeDocument(
      "Title \(step)", source: "folder\(step % 3)/\(step)", hash: "\(step)", texts: newTexts(0...5),
      at: Double(step))
    #expect(try await store.knowledge.save(fixture) == .added)
    entries.append(Entry(fixture: fixture))
  }

  private mutating func replace(_ store: KnowledgeStores) async throws {
    guard let index = entries.indices.randomElement(using: &random) else { return }
    let old = entries[index].fixture
    let kept = old.chunks.indices.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
    let new = old.replaced(
      hash: "\(step)", title: Bool.random(using: &random) ? nil : "Title \(step)", keeping: kept,
      adding: newTexts(0...3))
    #expect(try await store.knowledge.save(new) == .replaced)
    let ids = Set(new.chunks.map(\.id))
    entries[index] = Entry(fixture: new, vectors: entries[index].vectors.filter { ids.contains($0.key) })
  }

  private mutating func delete(_ store: KnowledgeStores) async throws {
    guard let index = entries.indices.randomElement(using: &random) else { return }
    let entry = entries.remove(at: index)
    let deleted = try await store.knowledge.deleteDocument(id: entry.fixture.document.id)
    #expect(deleted == entry.fixture.document)
  }

  private mutating func changeModel(_ store: KnowledgeStores) async throws {
    model = EmbedderDescriptor(id: "\(step)", dimension: [4, 8, 13][step % 3])
    try await store.embeddings.add(model)
    try await store.embeddings.serve(model: model.id)
    for index in entries.indices { entries[index].vectors = [:] }
  }

  /// Mostly what waits, sometimes what has a vector or was never there.
  private mutating func embed(_ store: KnowledgeStores) async throws {
    var embeddings: [UUID: TextEmbedding] = [UUID(): TextEmbedding(vector: random.direction(model.dimension))]
    for index in entries.indices {
      for chunk in entries[index].fixture.chunks where Int.random(in: 0..<3, using: &random) == 0 {
        let vector = random.direction(model.dimension)
        embeddings[chunk.id] = TextEmbedding(vector: vector)
        entries[index].vectors[chunk.id] = vector
      }
    }
    try await store.embeddings.saveEmbeddings(embeddings, model: model.id)
  }

  private mutating func compare(_ store: KnowledgeStores) async throws {
    #expect(
      try await store.knowledge.documents()
        == entries.map(\.fixture.document).sorted { $0.createdAt > $1.createdAt })
    let waiting = entries.flatMap { entry in entry.fixture.chunks.filter { entry.vectors[$0.id] == nil } }
    let listed = try await store.embeddings.chunksToEmbed(model: model.id, limit: .max)
    #expect(Set(listed.map(\.chunk)) == Set(waiting))
    #expect(listed.count == waiting.count)
    let models = try await store.embeddings.embeddingModels()
    let chunkCount = entries.reduce(0) { $0 + $1.fixture.chunks.count }
    #expect(
      models == [
        StoredEmbeddingModel(
          descriptor: model, isServing: true, embeddedCount: chunkCount - waiting.count,
          chunkCount: chunkCount)
      ])
    try await compareSearch(store)
  }

  private mutating func compareSearch(_ store: KnowledgeStores) async throws {
    var filter = SearchFilter.all
    if Int.random(in: 0..<3, using: &random) == 0 { filter.folders = ["folder\(step % 3)"] }
    if Int.random(in: 0..<3, using: &random) == 0 {
      filter.documents = Set(entries.filter { _ in Bool.random(using: &random) }.map(\.fixture.document.id))
    }
    let searched = entries.filter { entry in
      let document = entry.fixture.document
      return (filter.documents.isEmpty || filter.documents.contains(document.id))
        && filter.folders.allSatisfy { document.source.hasPrefix($0 + "/") }
    }
    let query = random.direction(model.dimension)
    let found = try await store.embeddings.nearest(to: query, model: model.id, limit: 10, filter: filter)
    let scores = searched.flatMap { $0.vectors.values }.map { cosine(query, $0) }.sorted(by: >).prefix(10)
    #expect(found.count == scores.count)
    for (passage, score) in zip(found, scores) {
      let entry = searched.first { $0.fixture.document.id == passage.chunk.documentID }
      let vector = entry?.vectors[passage.chunk.id]
      #expect(abs(passage.score - score) < 1e-5)
      #expect(abs(passage.score - cosine(query, vector ?? [])) < 1e-5)
      #expect(entry?.fixture.chunks.contains(passage.chunk) == true)
    }
    let word = Self.words[step % Self.words.count]
    let byWords = try await store.knowledge.search(word, limit: .max, filter: filter)
    let expected = searched.flatMap(\.fixture.chunks).filter { $0.text.contains(word) }
    #expect(Set(byWords.map(\.chunk)) == Set(expected))
    let search = CandidateSearch([word], filter: filter)
    try await CandidateConformance.check(search, StoreVectors(store, [query], model: model.id), store)
  }
}
