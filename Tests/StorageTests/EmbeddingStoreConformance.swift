import Foundation
import Graph
import TestSupport
import Testing

/// What every ``EmbeddingStore`` does.
enum EmbeddingStoreConformance {
  typealias Case = ConformanceCase<KnowledgeStores>

  static let cases: [Case] = models + waiting + vectors + searching + replacing

  private static let other = EmbedderDescriptor(id: "other/1", dimension: 4, maxTokens: nil)

  private static let models: [Case] = [
    Case("lets the first model serve at once, and a later one from when it is told") { stores in
      #expect(try await stores.embeddings.embeddingModels().isEmpty)
      _ = try await stores.knowledge.save(makeDocument(texts: ["a", "b", "c"]))
      try await stores.embeddings.add(model)
      try await stores.embeddings.add(other)
      let expected = [
        StoredEmbeddingModel(descriptor: model, isServing: true, embeddedCount: 0, chunkCount: 3),
        StoredEmbeddingModel(descriptor: other, isServing: false, embeddedCount: 0, chunkCount: 3),
      ]
      #expect(try await stores.embeddings.embeddingModels() == expected)
      try await stores.embeddings.serve(model: other.id)
      #expect(
        try await stores.embeddings.embeddingModels() == [
          StoredEmbeddingModel(descriptor: other, isServing: true, embeddedCount: 0, chunkCount: 3)
        ])
    },
    Case("does nothing when a known model is added, unless its dimension is another") { stores in
      let fixture = makeDocument()
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0)], for: fixture.chunks)
      try await stores.embeddings.add(model)
      #expect(try await stores.embeddings.embeddingModels().map(\.embeddedCount) == [1])
      await expectStoreError(.conflict) {
        try await stores.embeddings.add(EmbedderDescriptor(id: model.id, dimension: 9))
      }
    },
    Case("deletes the vectors of every other model when one is to serve, and only those") { stores in
      let fixture = makeDocument(texts: ["a", "b"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      try await stores.embeddings.add(other)
      try await stores.embeddings.save([axis(0), axis(1)], for: fixture.chunks)
      try await stores.embeddings.save([[1, 0, 0, 0]], for: fixture.chunks, model: other.id)
      try await stores.embeddings.serve(model: other.id)
      await expectStoreError(.notFound) { _ = try await stores.embeddings.nearest(axis(0)) }
      #expect(
        try await stores.embeddings.nearest([1, 0, 0, 0], model: other.id).map(\.chunk.text) == ["a"])
      // Added again, it begins from nothing.
      try await stores.embeddings.add(model)
      #expect(try await stores.embeddings.nearest(axis(0)).isEmpty)
      #expect(try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9).count == 2)
    },
    Case("goes on serving the old model while the vectors of a new one are made") { stores in
      let fixture = makeDocument(texts: ["a", "b"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0), axis(1)], for: fixture.chunks)
      try await stores.embeddings.add(other)
      #expect(try await stores.embeddings.chunksToEmbed(model: other.id, limit: 9).count == 2)
      #expect(try await stores.embeddings.nearest(axis(1)).map(\.chunk.text) == ["b", "a"])
    },
    Case("says that a model is not known") { stores in
      let embedding = [UUID(): TextEmbedding(vector: axis(0))]
      await expectStoreError(.notFound) { try await stores.embeddings.serve(model: "none") }
      await expectStoreError(.notFound) {
        _ = try await stores.embeddings.chunksToEmbed(model: "none", limit: 1)
      }
      await expectStoreError(.notFound) {
        try await stores.embeddings.saveEmbeddings(embedding, model: "none")
      }
      await expectStoreError(.notFound) { _ = try await stores.embeddings.nearest(axis(0), model: "none") }
    },
  ]

  private static let waiting: [Case] = [
    Case("lists the chunks without a vector, those of the oldest documents first") { stores in
      let newer = makeDocument("Newer", source: "n", hash: "n", texts: ["n0", "n1"], at: 5)
      let older = makeDocument("Older", source: "o", hash: "o", texts: ["o0", "o1"], at: 1)
      _ = try await stores.knowledge.save(newer)
      try await stores.embeddings.add(model)
      _ = try await stores.knowledge.save(older)
      let chunks = try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9)
      #expect(chunks.map(\.chunk) == older.chunks + newer.chunks)
      #expect(chunks.map(\.title) == ["Older", "Older", "Newer", "Newer"])
      #expect(
        try await stores.embeddings.chunksToEmbed(model: model.id, limit: 1).map(\.chunk.text) == ["o0"])
      try await stores.embeddings.save([axis(0), axis(0)], for: [older.chunks[0], newer.chunks[1]])
      #expect(
        try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.chunk.text) == [
          "o1", "n0",
        ]
      )
    },
    Case("counts the chunks of each document that have a vector") { stores in
      let first = makeDocument(source: "1", hash: "1", texts: ["a", "b", "c"])
      let second = makeDocument(source: "2", hash: "2", texts: ["d"])
      _ = try await stores.knowledge.save(first)
      _ = try await stores.knowledge.save(second)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0), axis(1)], for: first.chunks)
      let ids = [first.document.id, second.document.id, UUID()]
      let counts = try await stores.embeddings.embeddedCounts(documents: ids, model: model.id)
      #expect(counts.filter { $0.value > 0 } == [first.document.id: 2])
      #expect(try await stores.embeddings.embeddingModels().map(\.embeddedCount) == [2])
    },
  ]

  private static let vectors: [Case] = [
    Case("gives back the vectors of chunks, those of parts nearly") { stores in
      let fixture = makeDocument(texts: ["a", "b", "c"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      var random = SeededGenerator(seed: 1)
      let ids = fixture.chunks.map(\.id)
      let full = TextEmbedding(
        vector: random.direction(8),
        spans: [random.direction(8), Array(repeating: 0, count: 8), random.direction(8)])
      let bare = TextEmbedding(vector: random.direction(8))
      try await stores.embeddings.saveEmbeddings([ids[0]: full, ids[1]: bare], model: model.id)
      let found = try await stores.embeddings.embeddings(of: ids + [UUID()], model: model.id)
      #expect(Set(found.keys) == [ids[0], ids[1]])
      #expect(found[ids[0]]?.vector == full.vector)
      #expect(found[ids[1]] == bare)
      let spans = try #require(found[ids[0]]?.spans)
      #expect(spans.count == 3)
      for (span, original) in zip(spans, full.spans) {
        for (value, expected) in zip(span, original) { #expect(abs(value - expected) < 0.005) }
      }
    },
    Case("leaves out the vectors of chunks that are gone meanwhile") { stores in
      let fixture = makeDocument()
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      try await stores.embeddings.saveEmbeddings(
        [UUID(): TextEmbedding(vector: axis(0)), fixture.chunks[0].id: TextEmbedding(vector: axis(1))],
        model: model.id)
      #expect(try await stores.embeddings.nearest(axis(0)).map(\.chunk) == fixture.chunks)
    },
    Case("stores all of the vectors of a call or none") { stores in
      let fixture = makeDocument(texts: ["a", "b"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      await expectStoreError(.conflict) {
        try await stores.embeddings.save([axis(0), [1, 0]], for: fixture.chunks)
      }
      await expectStoreError(.conflict) {
        try await stores.embeddings.save([axis(0), axis(1).map { _ in .nan }], for: fixture.chunks)
      }
      #expect(try await stores.embeddings.embeddingModels().map(\.embeddedCount) == [0])
      #expect(try await stores.embeddings.nearest(axis(0)).isEmpty)
    },
    Case("replaces a vector") { stores in
      let fixture = makeDocument(texts: ["a", "b"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0), axis(1)], for: fixture.chunks)
      #expect(try await stores.embeddings.nearest(axis(2), limit: 1).map(\.score) == [0])
      try await stores.embeddings.save([axis(2)], for: fixture.chunks)
      let found = try await stores.embeddings.nearest(axis(2))
      #expect(found.map(\.chunk.text) == ["a", "b"])
      #expect(found.map(\.score) == [1, 0])
    },
  ]

  private static let searching: [Case] = [
    Case("finds the nearest first, with their cosines and their documents") { stores in
      let fixture = makeDocument("Rivers", source: "notes/rivers.md", texts: ["a", "b", "c"])
      _ = try await stores.knowledge.save(fixture)
      try await stores.embeddings.add(model)
      let slanted = unit([1, 1, 0, 0, 0, 0, 0, 0])
      try await stores.embeddings.save([axis(1), slanted, axis(0)], for: fixture.chunks)
      let found = try await stores.embeddings.nearest(axis(0))
      #expect(found.map(\.chunk) == [fixture.chunks[2], fixture.chunks[1], fixture.chunks[0]])
      for (passage, cosine) in zip(found, [1, 0.5.squareRoot(), 0]) {
        #expect(abs(passage.score - cosine) < 1e-6)
        #expect(passage.title == "Rivers")
        #expect(passage.source == "notes/rivers.md")
      }
      #expect(try await stores.embeddings.nearest(axis(0), limit: 2).count == 2)
      #expect(try await stores.embeddings.nearest(axis(0), limit: 0).isEmpty)
      await expectStoreError(.conflict) { _ = try await stores.embeddings.nearest([1, 0]) }
    },
    Case("searches only the documents and folders that it is told to") { stores in
      try await stores.embeddings.add(model)
      let sources = ["a.md", "a-b/v.md", "a/x.md", "a/b/y.md", "ab/z.md", "w.md", "a0.md"]
      var ids: [String: UUID] = [:]
      for source in sources {
        let fixture = makeDocument(source, source: source, hash: source, texts: ["water"])
        ids[source] = fixture.document.id
        _ = try await stores.knowledge.save(fixture)
        try await stores.embeddings.save([axis(0)], for: fixture.chunks)
      }
      func check(_ filter: SearchFilter, _ expected: Set<String>) async throws {
        let byMeaning = try await stores.embeddings.nearest(axis(0), filter: filter).map(\.source)
        let byWords = try await stores.knowledge.search("water", limit: 9, filter: filter).map(\.source)
        #expect(Set(byMeaning) == expected, "\(filter)")
        #expect(Set(byWords) == expected, "\(filter)")
        #expect(byWords.count == expected.count && byMeaning.count == expected.count)
      }
      let x = try #require(ids["a/x.md"])
      let w = try #require(ids["w.md"])
      try await check(.all, Set(sources))
      try await check(SearchFilter(documents: [x, w, UUID()]), ["a/x.md", "w.md"])
      try await check(SearchFilter(folders: ["a"]), ["a/x.md", "a/b/y.md"])
      try await check(SearchFilter(folders: ["a/"]), ["a/x.md", "a/b/y.md"])
      try await check(SearchFilter(folders: ["a/b", "ab"]), ["a/b/y.md", "ab/z.md"])
      try await check(SearchFilter(documents: [x, w], folders: ["a"]), ["a/x.md"])
      try await check(SearchFilter(folders: [""]), Set(sources))
      try await check(SearchFilter(folders: ["%", "A", "a'"]), [])
      try await check(SearchFilter(documents: [UUID()]), [])
    },
    Case("finds nothing of what was deleted") { stores in
      let gone = makeDocument(source: "1", hash: "1", texts: ["a", "b"])
      let kept = makeDocument(source: "2", hash: "2", texts: ["c"])
      _ = try await stores.knowledge.save(gone)
      _ = try await stores.knowledge.save(kept)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0), axis(1), axis(2)], for: gone.chunks + kept.chunks)
      #expect(try await stores.embeddings.nearest(axis(0)).count == 3)
      _ = try await stores.knowledge.deleteDocument(id: gone.document.id)
      #expect(try await stores.embeddings.nearest(axis(0)).map(\.chunk) == kept.chunks)
      #expect(
        try await stores.embeddings.embeddings(of: gone.chunks.map(\.id), model: model.id).isEmpty)
      #expect(
        try await stores.embeddings.embeddingModels() == [
          StoredEmbeddingModel(descriptor: model, isServing: true, embeddedCount: 1, chunkCount: 1)
        ])
    },
  ]

  private static let replacing: [Case] = [
    Case("keeps the vectors of chunks that a replaced document still has") { stores in
      let old = makeDocument(hash: "old", texts: ["a", "b", "c"])
      _ = try await stores.knowledge.save(old)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0), axis(1), axis(2)], for: old.chunks)
      #expect(try await stores.embeddings.nearest(axis(0)).count == 3)
      let new = old.replaced(hash: "new", keeping: [2, 0], adding: ["d"])
      #expect(try await stores.knowledge.save(new) == .replaced)
      #expect(try await stores.knowledge.chunks(documentID: new.document.id) == new.chunks)
      let found = try await stores.embeddings.nearest(unit([1, 0, 2, 0, 0, 0, 0, 0]))
      #expect(found.map(\.chunk) == [new.chunks[0], new.chunks[1]])
      #expect(try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.chunk.text) == ["d"])
      #expect(
        try await stores.embeddings.embeddedCounts(documents: [new.document.id], model: model.id)
          == [new.document.id: 2])
    },
    Case("drops the vectors of a document that another one from its source replaces") { stores in
      let old = makeDocument(hash: "old", texts: ["a"])
      _ = try await stores.knowledge.save(old)
      try await stores.embeddings.add(model)
      try await stores.embeddings.save([axis(0)], for: old.chunks)
      let new = makeDocument(hash: "new", texts: ["a"])
      _ = try await stores.knowledge.save(new)
      #expect(try await stores.embeddings.nearest(axis(0)).isEmpty)
      #expect(try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.chunk) == new.chunks)
    },
  ]
}

extension DocumentFixture {
  /// The same document with other content: some chunks as they were, in this order, and then new ones.
  func replaced(
    hash: String, title: String? = nil, keeping ordinals: [Int] = [], adding texts: [String] = []
  ) -> DocumentFixture {
    var fixture = makeDocument(
      title ?? document.title, source: document.source, hash: hash,
      texts: ordinals.map { chunks[$0].text } + texts)
    let kept = ordinals.map { chunks[$0].id as UUID? } + texts.map { _ in nil }
    fixture.chunks = zip(fixture.chunks, kept).map { chunk, id in
      Chunk(
        id: id ?? chunk.id, documentID: document.id, ordinal: chunk.ordinal, headings: chunk.headings,
        text: chunk.text, byteRange: chunk.byteRange, page: chunk.page)
    }
    fixture.document = Document(
      id: document.id, title: fixture.document.title, source: document.source,
      mediaType: document.mediaType, contentHash: hash, byteCount: fixture.document.byteCount,
      chunkCount: fixture.document.chunkCount, createdAt: document.createdAt)
    return fixture
  }
}
