import Testing

@testable import Graph

@Suite("Cutting Markdown")
struct MarkdownChunkingTests {
  private func chunk(_ text: String) -> (title: String?, pieces: [TextPiece]) {
    let extracted = ExtractedText.markdown(text)
    return (extracted.title, StructuredChunker().chunk(extracted))
  }

  @Test("takes the first heading for the title, and leaves it out of the headings above a piece")
  func title() {
    let chunked = chunk(
      "# The *Rill* `guide`\n\nIntro.\n\n## Setup\n\nText.\n\n### Port\n\nMore.\n\n## Use\n\nEnd.")
    #expect(chunked.title == "The Rill guide")
    #expect(chunked.pieces.map(\.headings) == [[], ["Setup"], ["Setup", "Port"], ["Use"]])
    #expect(chunked.pieces[2].text == "### Port\n\nMore.")
  }

  @Test("knows headings that are underlined")
  func setext() {
    let chunked = chunk("Title\n=====\n\nSub\ntitle\n---\n\nText.")
    #expect(chunked.title == "Title")
    #expect(chunked.pieces.map(\.headings) == [["Sub title"]])
  }

  @Test("has no title without a heading")
  func noHeading() {
    let chunked = chunk("Only text.\n\nMore text.")
    #expect(chunked.title == nil)
    #expect(chunked.pieces.map(\.text) == ["Only text.\n\nMore text."])
  }

  @Test("gives a heading without text of its own to what follows")
  func emptyHeading() {
    let chunked = chunk("# T\n\n## A\n\n### B\n\nText.\n\n## Last")
    #expect(chunked.pieces.map(\.headings) == [["A", "B"], ["Last"]])
    #expect(chunked.pieces[0].text.hasPrefix("# T\n\n## A"))
  }

  @Test("does not take number signs in code, comments and settings for headings")
  func hiddenHeadings() {
    let text =
      "---\n# title: x\n---\n<!--\n# no\n-->\n```\n# no\n```\n\n~~~~\n# no\n~~~\n# no\n~~~~\n\n    # no\n\n#no\n"
    #expect(chunk(text).title == nil)
    #expect(chunk(text).pieces.count == 1)
  }

  @Test("does not break at CRLF, and keeps a byte order mark out")
  func windows() {
    let chunked = chunk("\u{FEFF}# T\r\n\r\nOne.\r\n\r\n## S\r\n\r\nTwo.\r\n")
    #expect(chunked.title == "T")
    #expect(
      chunked.pieces.map { Array($0.text.utf8) }
        == ["# T\r\n\r\nOne.", "## S\r\n\r\nTwo."].map { Array($0.utf8) })
    #expect(chunked.pieces[0].byteRange.lowerBound == 3)
  }

  @Test("keeps code whole up to its limit, and cuts it between lines beyond")
  func code() {
    let line = "let answer = compute(the: question) // forty\n"
    let small = "```swift\n" + String(repeating: line, count: 16) + "```"
    #expect(chunk("Intro.\n\n" + small + "\n\nOutro.").pieces.contains { $0.text.contains(small) })
    let large = "```swift\n" + String(repeating: line, count: 90) + "```"
    let pieces = chunk(large).pieces
    #expect(pieces.count > 2)
    #expect(
      pieces.dropFirst().dropLast().allSatisfy { $0.text.hasPrefix("let") && $0.text.hasSuffix("forty") })
  }

  @Test("cuts a long paragraph between sentences, without overlap")
  func sentences() {
    let pieces = chunk(String(repeating: "This sentence has about ten tokens in it. ", count: 100)).pieces
    #expect(pieces.count > 3)
    for (piece, next) in zip(pieces, pieces.dropFirst()) {
      #expect(piece.text.hasSuffix("."))
      #expect(piece.byteRange.upperBound <= next.byteRange.lowerBound)
    }
  }

  @Test("repeats a few words where it has to cut a sentence")
  func overlap() {
    let text = (0..<600).map { "word\($0)" }.joined(separator: " ")
    let pieces = chunk(text).pieces
    #expect(pieces.count > 3)
    for (piece, next) in zip(pieces, pieces.dropFirst()) {
      let shared = piece.byteRange.upperBound - next.byteRange.lowerBound
      #expect(shared > 0 && shared <= ChunkLimits().overlap * 4)
      #expect(next.text.hasPrefix("word") && !piece.text.hasSuffix(" "))
    }
  }

  @Test("keeps list items and table rows whole")
  func listsAndTables() {
    let item = "- " + String(repeating: "an item of a list ", count: 8) + "\n"
    let items = chunk(String(repeating: item, count: 40)).pieces
    #expect(items.count > 3)
    #expect(items.allSatisfy { $0.text.hasPrefix("- an item") })
    let row = "| " + String(repeating: "cell ", count: 10) + "|\n"
    let rows = chunk("| a |\n|---|\n" + String(repeating: row, count: 60)).pieces
    #expect(rows.count > 2)
    #expect(rows.dropFirst().allSatisfy { $0.text.hasPrefix("| cell") && $0.text.hasSuffix("|") })
  }

  @Test("joins a last piece of a few words to the one before it")
  func smallTail() {
    let long = String(repeating: "word ", count: 150)
    #expect(chunk(long + "\n\nTail.").pieces.count == 1)
  }

  @Test("does not repeat a heading of a whole chapter in every piece")
  func longHeading() {
    let long = String(repeating: "[long] heading ", count: 20_000)
    let chunked = chunk("# \(long)\n\n## \(long)\n\nText.\n\n\(long)\n---\n\nMore.")
    #expect(chunked.title?.count == 200)
    #expect(chunked.pieces.allSatisfy { $0.headings.joined().count <= 200 })
  }
}
