import TestSupport
import Testing

@testable import Graph

/// What holds for every text and every way of cutting it.
@Suite("Pieces of any text")
struct ChunkerPropertyTests {
  @Test(
    "are in order, within bounds, no larger than the limit, and leave out only white space",
    arguments: UInt64(0)..<150)
  func properties(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let text = Self.randomText(using: &random)
    check(StructuredChunker().chunk(.markdown(text)), of: text)
    check(StructuredChunker().chunk(.plainText(text)), of: text)
  }

  @Test("hold for texts of one kind only", arguments: Self.extremes)
  func uniform(text: String) {
    check(StructuredChunker().chunk(.markdown(text)), of: text)
    check(StructuredChunker().chunk(.plainText(text)), of: text)
  }

  private func check(_ pieces: [TextPiece], of text: String) {
    let bytes = Array(text.utf8)
    var isCovered = [Bool](repeating: false, count: bytes.count)
    var last = -1
    for piece in pieces {
      let range = piece.byteRange
      #expect(range.lowerBound > last && range.upperBound <= bytes.count)
      #expect(!range.isEmpty)
      last = range.lowerBound
      // Compares bytes: `==` on strings takes different bytes of the same characters for equal.
      #expect(Array(piece.text.utf8) == Array(bytes[range]))
      #expect(ApproximateTokenCounter().count(bytes[range]) <= ChunkLimits().maximum)
      for index in range { isCovered[index] = true }
    }
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lost = bytes.indices.dropFirst(start).first { !isCovered[$0] && !bytes[$0].isBlank }
    #expect(lost == nil, "byte \(lost ?? 0) is in no piece")
  }

  private static let extremes: [String] = [
    "", " \n\t\r\n", "\u{FEFF}", "\u{FEFF}# Title\r\n\r\nText.", "#", "######", "---", "---\n---", "```",
    "~~~\n\n\n",
    "- ", "1. ", ">", "|", "a|b\n-|-", "\r", "\r\r\r\n", "x\n===", "===\n", "<!--",
    "<!-- # no\n\n# heading -->",
    String(repeating: "x", count: 9_000), String(repeating: "字", count: 3_000),
    String(repeating: "word ", count: 4_000), String(repeating: "# h\n", count: 500),
    String(repeating: "- item\n", count: 2_000),
    "```\n" + String(repeating: "let x = 1\n", count: 2_000) + "```",
    "# " + String(repeating: "long heading ", count: 500), String(repeating: "\n", count: 9_000) + "end",
    "start" + String(repeating: "\n", count: 9_000) + "end", String(repeating: "e\u{301}", count: 4_000),
    "| a | b |\n|---|---|\n" + String(repeating: "| cell | cell |\n", count: 1_000),
    String(repeating: "> quoted line\n", count: 800), String(repeating: "`", count: 3_000),
    String(repeating: "[", count: 3_000), String(repeating: "Short. ", count: 3_000),
  ]

  private static let fragments: [String] = [
    "# Title\n", "## Section *two*\n", "### Deep\n", "Setext\n===\n", "Under\n---\n", "\n", "\n\n",
    "\r\n\r\n", "\r",
    "A plain sentence with some words. And another one! ", "Ein Satz mit Übermut.\n", "日本語の文です。もう一つ。\n",
    "- item one\n", "- item two\n  goes on\n\n  and on\n", "1. first\n", "   - nested\n", "> quote\nlazy\n",
    "```swift\nlet x = 1\n\n# not a heading\n```\n", "~~~\nopen\n", "    indented code\n", "\tindented\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n", "<!-- comment\n\n# hidden -->\n", "***\n", "👩‍🔬 emoji 🇩🇪\n",
    "`code. With stop` ",
    "word ", String(repeating: "many words in one long sentence ", count: 60),
    String(repeating: "Sentence of six words it is. ", count: 50),
    String(repeating: "x", count: 1_500) + "\n",
    "```\n" + String(repeating: "line of code\n", count: 120) + "```\n", "   ", "\u{A0}", "\u{0}", "e\u{301}",
  ]

  private static func randomText(using random: inout SeededGenerator) -> String {
    let prefix = Int.random(in: 0..<8, using: &random) == 0 ? "\u{FEFF}" : ""
    let count = Int.random(in: 0..<60, using: &random)
    return (0..<count).reduce(into: prefix) { text, _ in
      text += fragments.randomElement(using: &random) ?? ""
    }
  }
}
