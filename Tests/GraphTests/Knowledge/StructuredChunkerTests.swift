import Testing

@testable import Graph

/// Counts words; one longer than ten letters is a single unknown token, as in WordPiece.
private struct WordCounter: TokenCounter {
  func count(_ utf8: ArraySlice<UInt8>) -> Int {
    utf8.split(whereSeparator: \.isBlank).reduce(0) { $0 + ($1.count > 10 ? 1 : ($1.count + 2) / 3) }
  }
}

@Suite("Cutting any text")
struct StructuredChunkerTests {
  private let counter = WordCounter()

  private func tokens(_ text: String) -> Int { counter.count(Array(text.utf8)[...]) }

  @Test("title, headings and text together fit the model")
  func budget() {
    let section = "## A rather long heading of the section\n\n### And one below it\n\n"
    let paragraphs = (0..<40).map { "Paragraph \($0) has words of several lengths in it.\n\n" }.joined()
    let text = ExtractedText.markdown("# The title of it all\n\n\(section)\(paragraphs)")
    let pieces = StructuredChunker(counter: counter).chunk(text)
    #expect(pieces.count > 2)
    for piece in pieces {
      let all = tokens(text.title ?? "") + tokens(piece.headings.joined(separator: " ")) + tokens(piece.text)
      #expect(all <= ChunkLimits().maximum)
    }
    #expect(pieces.map { tokens($0.text) }.max() ?? 0 > 180)
  }

  @Test("however long the headings are, half is left for the text")
  func longContext() {
    let long = String(repeating: "word ", count: 100)
    let headings = (1...6).map { String(repeating: "#", count: $0) + " \($0) " + long + "\n\n" }.joined()
    let text = ExtractedText.markdown(headings + String(repeating: "Some words. ", count: 500))
    let pieces = StructuredChunker(counter: counter).chunk(text)
    let sizes = pieces.filter { $0.text.hasPrefix("Some") }.map { tokens($0.text) }
    #expect(sizes.count > 10)
    #expect(sizes.allSatisfy { $0 <= 127 } && sizes.dropLast().allSatisfy { $0 > 80 })
  }

  @Test("one word of a megabyte, a single token to the model, is cut all the same")
  func endlessWord() {
    let text = ExtractedText.plainText(String(repeating: "x", count: 100_000))
    let pieces = StructuredChunker(counter: counter).chunk(text)
    #expect(pieces.count > 20)
    #expect(pieces.map(\.text).joined() == text.text)
  }

  @Test("the heading that is the title, or begins it, is left out of the path; others stay")
  func title() {
    func headings(_ title: String?) -> [[String]] {
      var text = ExtractedText.markdown("# Elbe\n\nA.\n\n## Source\n\nB.")
      text.title = title
      return StructuredChunker().chunk(text).map(\.headings)
    }
    #expect(headings("Elbe") == [[], ["Source"]])
    #expect(headings("Elbe – Handbook") == [[], ["Source"]])
    #expect(headings("Handbook") == [["Elbe"], ["Elbe", "Source"]])
    #expect(headings(nil) == [["Elbe"], ["Elbe", "Source"]])
  }

  @Test("pieces end with their page, unless a paragraph runs on or only a heading stands there")
  func pages() {
    func text(_ parts: [(TextBlock.Kind, String)], pageStarts: [Int]) -> ExtractedText {
      var text = ""
      var blocks: [TextBlock] = []
      for (kind, part) in parts {
        if !text.isEmpty { text += "\n\n" }
        let start = text.utf8.count
        text += part
        blocks.append(TextBlock(kind: kind, range: start..<text.utf8.count))
      }
      let ends = Array(pageStarts.dropFirst()) + [text.utf8.count]
      return ExtractedText(
        title: nil, text: text, blocks: blocks, pages: zip(pageStarts, ends).map { $0..<$1 })
    }
    let apart = text(
      [(.paragraph, "One."), (.paragraph, "Two."), (.paragraph, "Three.")], pageStarts: [0, 6])
    #expect(StructuredChunker().chunk(apart).map(\.text) == ["One.", "Two.\n\nThree."])
    #expect(StructuredChunker().chunk(apart).map(\.page) == [1, 2])
    let running = text([(.paragraph, "One that runs on."), (.paragraph, "Two.")], pageStarts: [0, 8])
    #expect(StructuredChunker().chunk(running).map(\.text) == ["One that runs on.\n\nTwo."])
    #expect(StructuredChunker().chunk(running).map(\.page) == [1])
    let lead = text([(.heading(level: 1, title: "H"), "H"), (.paragraph, "Two.")], pageStarts: [0, 3])
    #expect(StructuredChunker().chunk(lead).map(\.text) == ["H\n\nTwo."])
    let empty = text([(.paragraph, "One."), (.paragraph, "Two.")], pageStarts: [0, 6, 6])
    #expect(StructuredChunker().chunk(empty).map(\.page) == [1, 3])
  }
}
