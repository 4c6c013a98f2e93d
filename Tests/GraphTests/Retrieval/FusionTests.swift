import Foundation
import Graph
import Testing

@Suite("Fusion")
struct FusionTests {
  private static let ids = (0..<300).map { _ in UUID() }

  private func list(_ scores: [(Int, Double)]) -> [Passage] {
    scores.map { number, score in
      Passage(
        chunk: Chunk(
          id: Self.ids[number], documentID: UUID(), ordinal: number, headings: [], text: "text",
          byteRange: 0..<4),
        title: "t", source: "s", score: score)
    }
  }

  private func fuse(
    _ words: [[(Int, Double)]], _ meaning: [[(Int, Double)]],
    _ change: (inout RetrievalSettings) -> Void = { _ in }
  ) -> [Candidate] {
    var settings = RetrievalSettings()
    change(&settings)
    return Fusion(settings: settings).fuse(words: words.map(list), meaning: meaning.map(list), limit: 100)
  }

  @Test("adds the standard scores of both lists, and keeps each list's rank and score")
  func sum() {
    // Three passages in each list: the words' scores are 4, 1 and 1, the cosines 0.9, 0.5 and 0.1.
    let fused = fuse([[(0, 4), (1, 1), (2, 1)]], [[(1, 0.9), (0, 0.5), (2, 0.1)]])
    #expect(fused.map(\.passage.chunk.ordinal) == [0, 1, 2])
    let root = 2.0.squareRoot()
    #expect(abs(fused[0].passage.score - 0.5 * root) < 1e-9)
    #expect(abs(fused[1].passage.score - 0.5 * (-root / 2 + 1.5.squareRoot())) < 1e-9)
    #expect(fused[1].words == .init(rank: 2, score: 1))
    #expect(fused[1].meaning == .init(rank: 1, score: 0.9))
  }

  @Test("takes a passage that has none of the words for one with the score zero")
  func withoutWords() {
    // One of a hundred passages has the word: it stands far out, though it is the only one in its list.
    let meaning = (0..<100).map { ($0, 0.5 - Double($0) / 1000) }
    let fused = fuse([[(99, 3)]], [meaning])
    #expect(fused.first?.passage.chunk.ordinal == 99)
    #expect(fused.count == 100)
  }

  @Test("takes a passage that is missing in a list that was cut off for as good as the last one there")
  func cutOff() {
    let words = (0..<2).map { ($0, 10 - Double($0)) }
    let fused = fuse([words], [[(0, 0.9), (1, 0.8), (2, 0.7)]]) { $0.depth = 2 }
    let last = fused.first { $0.passage.chunk.ordinal == 1 }
    let missing = fused.first { $0.passage.chunk.ordinal == 2 }
    let step = 0.5 * (0.1 / (0.02 / 3).squareRoot())
    #expect(abs((last?.passage.score ?? 0) - (missing?.passage.score ?? 0) - step) < 1e-9)
  }

  @Test("counts weights, and leaves a list out whose weight is zero")
  func weights() {
    let words = [(0, 9.0), (1, 1.0), (2, 0.5)]
    let meaning = [(2, 0.9), (1, 0.5), (0, 0.1)]
    #expect(fuse([words], [meaning]) { $0.meaningWeight = 0 }.map(\.passage.chunk.ordinal) == [0, 1, 2])
    #expect(fuse([words], [meaning]) { $0.wordWeight = 0 }.map(\.passage.chunk.ordinal) == [2, 1, 0])
    #expect(fuse([words], [meaning]) { $0.meaningWeight = 0.9 }.first?.passage.chunk.ordinal == 2)
  }

  @Test("adds reciprocal ranks")
  func reciprocalRanks() {
    let fused = fuse([[(0, 4), (1, 1)]], [[(1, 0.9), (2, 0.5)]]) { $0.method = .reciprocalRank }
    #expect(fused.map(\.passage.chunk.ordinal) == [1, 0, 2])
    #expect(abs(fused[0].passage.score - 0.5 * (1 / 61.0 + 1 / 62.0)) < 1e-12)
  }

  @Test("lets further ways to say the question count less than the question itself")
  func furtherTexts() {
    let fused = fuse([[(0, 5), (1, 1)], [(1, 5), (0, 1)]], [])
    #expect(fused.map(\.passage.chunk.ordinal) == [0, 1])
    #expect(fused[0].words == .init(rank: 1, score: 5))
    #expect(fused[1].words == .init(rank: 1, score: 5))
  }

  @Test("works with empty lists, equal scores and any limit", arguments: RetrievalSettings.Method.allCases)
  func edges(method: RetrievalSettings.Method) {
    #expect(fuse([], []).isEmpty)
    #expect(fuse([[]], [[]]).isEmpty)
    let same = (0..<5).map { ($0, 1.0) }
    let fused = fuse([same], [same]) { $0.method = method }
    #expect(fused.count == 5)
    #expect(fused.allSatisfy { $0.passage.score.isFinite })
    #expect(Fusion(settings: RetrievalSettings()).fuse(words: [list(same)], meaning: [], limit: 2).count == 2)
    #expect(Fusion(settings: RetrievalSettings()).fuse(words: [list(same)], meaning: [], limit: -1).isEmpty)
  }

  @Test("scales numbers to deviations from their mean")
  func standardScores() {
    #expect(StandardScores.of([]).isEmpty)
    #expect(StandardScores.of([3, 3, 3]) == [0, 0, 0])
    #expect(StandardScores.of([0.1, 0.1, 0.1]) == [0, 0, 0])
    #expect(StandardScores.of([1, 3]) == [-1, 1])
  }
}
