import Foundation
import Testing

@testable import Graph

/// What the model reads: neighbours are one passage, and no more than fits.
@Suite struct ContextPackerTests {
  private let document = UUID()
  private let other = UUID()

  @Test("Neighbours become one passage, in the order of the document, at the place of the better one")
  func merges() {
    let kept = [passage(4, score: 3), passage(9, score: 2), passage(3, score: 1), passage(4, in: other)]
    let packed = ContextPacker(budget: 10_000).pack(kept)
    #expect(packed.map(\.chunk.text) == ["part 3\n\npart 4", "part 9", "part 4"])
    #expect(packed[0].chunk.byteRange == 30..<46)
    #expect(packed[0].chunk.id == kept[0].chunk.id)
    #expect(packed[0].score == 3)
  }

  @Test("A passage between two others makes one of all three")
  func closesGap() {
    let packed = ContextPacker(budget: 10_000).pack([passage(2), passage(4), passage(3)])
    #expect(packed.map(\.chunk.text) == ["part 2\n\npart 3\n\npart 4"])
  }

  @Test("Every order of a row of neighbours gives the same text")
  func anyOrder() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let packed = ContextPacker(budget: 10_000).pack(
        [0, 1, 2, 3, 4, 5].shuffled(using: &generator).map { passage($0) })
      #expect(packed.map(\.chunk.text) == ["part 0\n\npart 1\n\npart 2\n\npart 3\n\npart 4\n\npart 5"])
    }
  }

  @Test("The words that a cut sentence repeats stand there once")
  func overlap() {
    var first = passage(0)
    first.chunk.text = "one two three"
    first.chunk.byteRange = 0..<13
    var second = passage(1)
    second.chunk.text = "three four"
    second.chunk.byteRange = 8..<18
    let packed = ContextPacker(budget: 1_000).pack([second, first])
    #expect(packed.map(\.chunk.text) == ["one two three four"])
    #expect(packed[0].chunk.byteRange == 0..<18)
  }

  @Test(
    "A merged passage stands where its first part stands; other sections and very long passages stay apart")
  func limits() {
    var first = passage(0)
    first.chunk.headings = ["Rivers"]
    first.chunk.page = 3
    var second = passage(1)
    second.chunk.headings = ["Rivers"]
    second.chunk.page = 4
    let packer = ContextPacker(budget: 100_000)
    #expect(packer.pack([second, first]).map(\.locator) == ["Rivers · page 3"])
    second.chunk.headings = ["Lakes"]
    #expect(packer.pack([second, first]).map(\.locator) == ["Lakes · page 4", "Rivers · page 3"])
    second.chunk.headings = ["Rivers"]
    second.chunk.text = String(repeating: "x", count: ContextPacker.longestMerged)
    #expect(packer.pack([second, first]).count == 2)
  }

  @Test("What does not fit is left out; the first passage stays, and smaller ones still come in")
  func budget() {
    var large = passage(0)
    large.chunk.text = String(repeating: "x", count: 100)
    #expect(ContextPacker(budget: 10).pack([large, passage(5)]).map(\.chunk.ordinal) == [0])
    #expect(ContextPacker(budget: 12).pack([passage(5), large, passage(8)]).map(\.chunk.ordinal) == [5, 8])
  }

  private func passage(_ ordinal: Int, score: Double = 1, in document: UUID? = nil) -> Passage {
    let text = "part \(ordinal)"
    let chunk = Chunk(
      id: UUID(), documentID: document ?? self.document, ordinal: ordinal, headings: [], text: text,
      byteRange: (ordinal * 10)..<(ordinal * 10 + 6))
    return Passage(chunk: chunk, title: "t", source: "s", score: score)
  }
}
