import Foundation
import Graph
import Testing

@testable import Providers

@Suite("The reranker's arithmetic")
struct RerankReferenceTests {
  private struct Fixture: Decodable {
    struct Candidate: Decodable {
      var title: String
      var text: String
      var score: Double
      var vector: [Float]
      var spans: [[Float]]
    }

    var question: String
    var vector: [Float]
    var candidates: [Candidate]
    var scores: [Double]
  }

  /// `benchmarks/retrieval/record-reference` wrote the fixture with an implementation of its own.
  @Test("gives the scores of the reference, also from a table that has met other words or begins anew")
  func reference() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/retrieval/rerank.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    let passages = fixture.candidates.enumerated().map { ordinal, candidate in
      Passage(
        chunk: Chunk(
          id: UUID(), documentID: UUID(), ordinal: ordinal, headings: [], text: candidate.text,
          byteRange: 0..<candidate.text.utf8.count),
        title: candidate.title, source: "\(ordinal)", score: candidate.score)
    }
    let embeddings = zip(passages, fixture.candidates).map {
      ($0.chunk.id, TextEmbedding(vector: $1.vector, spans: $1.spans))
    }
    let request = RerankRequest(
      query: fixture.question, queryVector: fixture.vector,
      candidates: passages.map { Candidate(passage: $0) },
      embeddings: Dictionary(uniqueKeysWithValues: embeddings), limit: 6)
    let reranker = EmbeddedReranker()
    for question in [fixture.question, "our wills and theirs, plates' flows", fixture.question] {
      var request = request
      request.query = question
      let ranked = try await reranker.rerank(request)
      guard question == fixture.question else { continue }
      for passage in ranked {
        let expected = fixture.scores[passage.passage.chunk.ordinal]
        #expect(abs(passage.score - expected) < 1e-5, "\(passage.passage.title)")
      }
    }
  }

  @Test(
    "reads the same words as the search index, whatever stands around them",
    arguments: [
      "The port, the PORT and the ports!", "don't can't river's O'Brien 'quoted' l'eau",
      "naïve café Œuvre ÅNGSTRÖM",
      "“curly” quotes — and dashes…", "don’t the river’s", "日本語のテキスト。", "a_b-c.d/e 3.14 v2", "", "'",
      "x\u{0301}y z",
      "emoji 😀 between", String(repeating: "verylongword", count: 20), "e\u{0}f\tg\nh",
    ])
  func words(text: String) {
    let passage = Passage(
      chunk: Chunk(
        id: UUID(), documentID: UUID(), ordinal: 0, headings: [], text: text, byteRange: 0..<text.utf8.count),
      title: "", source: "", score: 0)
    let reader = StemReader()
    let stems = TextAnalysis.words(in: text).map(\.stem)
    for _ in 0..<2 {
      let numbers = reader.read(question: "", passages: [passage]).profiles[0].words
      var seen: [String: Int32] = [:]
      #expect(numbers.count == stems.count)
      // Equal stems have equal numbers, and different ones different numbers.
      for (stem, number) in zip(stems, numbers) {
        #expect(seen[stem, default: number] == number); seen[stem] = number
      }
      #expect(Set(numbers).count == Set(stems).count)
    }
  }

  @Test("begins a new table when the old one is full, with the same result")
  func fullTable() {
    let reader = StemReader(maximumRuns: 3)
    for round in 0..<20 {
      let text = "river \(round) rill \(round * 7) river"
      let passage = Passage(
        chunk: Chunk(
          id: UUID(), documentID: UUID(), ordinal: 0, headings: [], text: text, byteRange: 0..<text.utf8.count
        ),
        title: "Notes", source: "", score: 0)
      let reading = reader.read(question: "the rivers", passages: [passage])
      #expect(reading.question.count == 1)
      #expect(reading.profiles[0].count(of: reading.question[0]) == 2)
      #expect(reading.isSubject.count < 20)
    }
  }
}
