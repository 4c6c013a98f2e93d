import Foundation
import Graph
import Testing

@testable import Providers

@Suite("The reranker without a model")
struct EmbeddedRerankerTests {
  @Test("puts a passage whose words stand together before one that scatters them")
  func pairs() async throws {
    let scattered = passage(
      "The idle fan turned. Nothing else happened for a while, and the day went on. A timeout was called in the match."
    )
    let close = passage(
      "The fan turned in the shade of a tree. The idle timeout ends a silent run after a while.")
    let ranked = try await rank("idle timeout", [scattered, close])
    #expect(ranked.map(\.passage) == [close, scattered])
    #expect(ranked[0].score > ranked[1].score)
  }

  @Test("prefers words in the title and headings when the text is the same")
  func headings() async throws {
    let plain = passage("Set the port to any free number you like.")
    let headed = passage("Set the port to any number that is free.", headings: ["Configuration"])
    let ranked = try await rank("port configuration", [plain, headed])
    #expect(ranked.first?.passage == headed)
    #expect(ranked.first?.reason == "both of the question's words, 1 in its title or headings")
  }

  @Test(
    "goes by the score of the search when nothing else differs, and keeps its order when that is the same too"
  )
  func retrieval() async throws {
    let texts = ["A river is one thing.", "A river was two things.", "A river had three kinds."]
    let candidates = zip(texts, [1.0, 2, 1]).map { passage($0, score: $1) }
    let ranked = try await rank("river", candidates)
    #expect(ranked.first?.passage == candidates[1])
    let same = texts.map { _ in passage("A river.", score: 1) }
    #expect(try await rank("river", same, limit: 1).map(\.passage) == same)
  }

  @Test("drops what covers too little of the question, and says how little")
  func coverage() async throws {
    let good = passage("Nginx needs buffering off for a streaming proxy.")
    let poor = passage("Streaming is fun.", score: 0.9)
    let none = passage("Unrelated words altogether.", score: 0.8)
    let ranked = try await rank(
      "nginx proxy buffering streaming configuration directive", [good, poor, none])
    #expect(ranked.map(\.isKept) == [true, false, false])
    #expect(
      ranked.map(\.reason) == [
        "4 of the question's 6 words", "far from the question: 1 of the question's 6 words",
        "far from the question: none of the question's 6 words",
      ])
  }

  @Test("keeps a passage that has a third of the words, though all others have them too")
  func commonWord() async throws {
    let common = (0..<20).map { passage("Number \($0) says how to stop a run.", score: 1) }
    let rare = passage("Press the button to stop; the answer vanishes.", score: 2)
    let ranked = try await rank("press stop vanish", [rare] + common, limit: 30)
    #expect(ranked.count { $0.reason == "1 of the question's 3 words" } > 0)
    #expect(!ranked.contains { $0.reason.hasPrefix("far") })
  }

  @Test("drops a near-duplicate and names the passage that it repeats")
  func duplicates() async throws {
    let text = "The server listens on port eight thousand unless another one is configured by the user"
    let first = passage("Another port entirely is what a server may have.", score: 3)
    let second = passage(text + ".", score: 2)
    let copy = passage(text + " today.", score: 1.9)
    let ranked = try await rank("server port", [first, second, copy])
    let kept = ranked.filter(\.isKept).map(\.passage)
    let twin = try #require(kept.firstIndex(of: second) ?? kept.firstIndex(of: copy))
    #expect(kept.count == 2)
    #expect(ranked.first { !$0.isKept }?.reason == "too like passage \(twin + 1)")
  }

  @Test("keeps no more than the limit")
  func limit() async throws {
    let animals = ["otter", "heron", "beaver", "salmon"]
    let candidates = animals.enumerated().map { passage("The river of the \($1).", score: Double(9 - $0)) }
    let ranked = try await rank("river", candidates, limit: 2)
    #expect(ranked.map(\.isKept) == [true, true, false, false])
    #expect(ranked[3].reason == "below the limit of 2")
    #expect(ranked[0].reason == "has the question's word")
    #expect(try await rank("river", candidates, limit: 0).allSatisfy { !$0.isKept })
  }

  @Test("gives every candidate back exactly once, best first, for any question")
  func complete() async throws {
    let candidates = (0..<24).map {
      passage("Passage \($0) about rivers, rills and port \($0 % 5).", score: Double($0))
    }
    for query in ["rivers and rills", "", "?!", "the", "\u{0}", String(repeating: "river ", count: 500)] {
      for vector in [nil, [1, 0], [0, 0], [Float.nan, 0]] as [[Float]?] {
        let embeddings = candidates.enumerated().map { index, passage in
          (
            passage.chunk.id,
            TextEmbedding(
              vector: [index == 3 ? .nan : Float(index) / 24, 1],
              spans: [[], [0, 0], [0.5, index == 5 ? .infinity : 0.5]])
          )
        }
        let ranked = try await EmbeddedReranker().rerank(
          RerankRequest(
            query: query, queryVector: vector, candidates: candidates.map { Candidate(passage: $0) },
            embeddings: Dictionary(uniqueKeysWithValues: embeddings.dropLast()), limit: 6))
        #expect(Set(ranked.map(\.passage.chunk.id)) == Set(candidates.map(\.chunk.id)))
        #expect(ranked.count == candidates.count)
        #expect(ranked.map(\.score) == ranked.map(\.score).sorted(by: >))
        #expect(ranked.allSatisfy { $0.score.isFinite && !$0.reason.isEmpty })
      }
    }
    #expect(try await rank("river", []).isEmpty)
  }

  @Test("keeps passages in the order of the search when the question has no words")
  func noWords() async throws {
    let candidates = ["one otter", "two herons"].enumerated().map { passage($1, score: Double(2 - $0)) }
    let ranked = try await rank("?", candidates)
    #expect(ranked.map(\.passage) == candidates)
    #expect(ranked.map(\.reason) == ["kept in the order of the search", "kept in the order of the search"])
  }

  @Test("gives the same order every time")
  func deterministic() async throws {
    let candidates = (0..<24).map { passage("River \($0 % 3) rill \($0 % 7) port.", score: 1) }
    let first = try await rank("river rill port 3", candidates)
    for _ in 0..<5 { #expect(try await rank("river rill port 3", candidates) == first) }
  }

  private func passage(
    _ text: String, score: Double = 1, title: String = "Notes", headings: [String] = []
  ) -> Passage {
    Passage(
      chunk: Chunk(
        id: UUID(), documentID: UUID(), ordinal: 0, headings: headings, text: text,
        byteRange: 0..<text.utf8.count),
      title: title, source: "notes.md", score: score)
  }

  private func rank(_ query: String, _ candidates: [Passage], limit: Int = 6) async throws -> [RankedPassage]
  {
    try await EmbeddedReranker().rerank(
      RerankRequest(query: query, candidates: candidates.map { Candidate(passage: $0) }, limit: limit))
  }
}
