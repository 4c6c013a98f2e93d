import Foundation
import Graph
import Testing

@Suite("A search by words and by meaning")
struct HybridRetrieverTests {
  @Test("asks both searches of a store that has no way to ask them together")
  func separately() async throws {
    let vectors = Vectors { [[Self.passage("a"), Self.passage("b")]] }
    let retriever = HybridRetriever(words: Words(), vectors: vectors)
    let retrieval = try await retriever.retrieve(RetrievalQuery("a"))
    #expect(retrieval.mode == .hybrid && retrieval.warnings.isEmpty)
    #expect(retrieval.queryVector == [1])
    #expect(Set(retrieval.candidates.map(\.passage.chunk.text)) == ["a", "b"])
    #expect(retrieval.candidates.first { $0.passage.chunk.text == "b" }?.words == nil)
  }

  @Test("is one of words, with a warning, when the vectors cannot be searched")
  func failure() async throws {
    let retriever = HybridRetriever(words: Words(), vectors: Vectors { throw StoreError(.failed, "no") })
    let retrieval = try await retriever.retrieve(RetrievalQuery("a"))
    #expect(retrieval.mode == .words && retrieval.warnings.count == 1)
    #expect(retrieval.candidates.map(\.passage.chunk.text) == ["a"])
  }

  @Test("ends when it is cancelled")
  func cancellation() async throws {
    let retriever = HybridRetriever(words: Words(), vectors: Vectors { throw CancellationError() })
    await #expect(throws: CancellationError.self) { try await retriever.retrieve(RetrievalQuery("a")) }
  }

  @Test("asks only the searches that count")
  func weights() async throws {
    let vectors = Vectors { [[Self.passage("b")]] }
    let retriever = HybridRetriever(words: Words(), vectors: vectors)
    var settings = RetrievalSettings()
    settings.wordWeight = 0
    let meaning = try await retriever.retrieve(RetrievalQuery("a"), settings: settings)
    #expect(meaning.candidates.map(\.passage.chunk.text) == ["b"] && meaning.mode == .hybrid)
    settings.wordWeight = 1
    settings.meaningWeight = 0
    let words = try await retriever.retrieve(RetrievalQuery("a"), settings: settings)
    #expect(words.candidates.map(\.passage.chunk.text) == ["a"] && words.mode == .words)
  }

  private struct Words: PassageSearch {
    func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
      [passage(query)]
    }
  }

  private struct Vectors: VectorSearch {
    let lists: @Sendable () async throws -> [[Passage]]

    init(_ lists: @escaping @Sendable () async throws -> [[Passage]]) {
      self.lists = lists
    }

    func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult? {
      VectorSearchResult(lists: try await lists(), queryVector: [1])
    }
    func queryVectors(of texts: [String]) async throws -> QueryVectors? { nil }
    func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] { [:] }
  }

  private static func passage(_ text: String) -> Passage {
    let chunk = Chunk(
      id: UUID(), documentID: UUID(), ordinal: 0, headings: [], text: text, byteRange: 0..<text.utf8.count)
    return Passage(chunk: chunk, title: "t", source: text, score: 1)
  }
}
