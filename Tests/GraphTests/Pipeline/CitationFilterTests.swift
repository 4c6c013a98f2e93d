import Testing

@testable import Graph

/// A mark of a passage that does not exist never reaches the user, however the text is cut into tokens.
@Suite struct CitationFilterTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let input: String
    let output: String
    var testDescription: String { input }
  }

  static let examples = [
    Example(input: "It flows [1]. It rests [3].", output: "It flows [1]. It rests [3]."),
    Example(input: "It flows [4].", output: "It flows."),
    Example(input: "It flows [0] and [17][2].", output: "It flows and [2]."),
    Example(input: "Both [2, 9] say so.", output: "Both [2] say so."),
    Example(
      input: "All [1-3] and some [2–7] and none [5-9].", output: "All [1, 2, 3] and some [2, 3] and none."),
    Example(input: "Huge [99999999999999999999] numbers.", output: "Huge numbers."),
    Example(input: "Backwards [3-1]", output: "Backwards"),
    Example(input: "[9] begins", output: " begins"),
    Example(input: "ends in [9]", output: "ends in"),
    Example(input: "ends in [1]", output: "ends in [1]"),
    Example(input: "ends open [9", output: "ends open [9"),
    Example(
      input: "A link [9](https://example.org) stays.", output: "A link [9](https://example.org) stays."),
    Example(input: "- [ ] a task, [x] done, [-] none", output: "- [ ] a task, [x] done, [-] none"),
    Example(input: "[word] [a1] [1a] [[2]] [[9]]", output: "[word] [a1] [1a] [[2]] []"),
    Example(input: "`list[9]` and ``a`[9]`` stay, [9] goes", output: "`list[9]` and ``a`[9]`` stay, goes"),
    Example(
      input: "```\nlist[9]\n```\nAfter it [9] goes.", output: "```\nlist[9]\n```\nAfter it goes."),
    Example(input: "A lone ` backtick.\n\nThen [9] goes.", output: "A lone ` backtick.\n\nThen goes."),
    Example(input: "Ünïcode – [9] 日本語 [2]。", output: "Ünïcode – 日本語 [2]。"),
  ]

  @Test("With three passages, whole", arguments: examples)
  func whole(_ example: Example) {
    #expect(Self.run([example.input]) == example.output)
  }

  /// The blank before a mark goes with it only where both come in one piece, so pieces are cut before blanks, as
  /// models cut them.
  @Test("With three passages, word by word", arguments: examples)
  func words(_ example: Example) {
    var pieces: [String] = []
    for character in example.input {
      if character == " " || pieces.isEmpty { pieces.append("") }
      pieces[pieces.count - 1].append(character)
    }
    #expect(Self.run(pieces) == example.output)
  }

  @Test("With three passages, letter by letter", arguments: examples)
  func letters(_ example: Example) {
    let output = Self.run(example.input.map(String.init))
    #expect(output.filter { $0 != " " } == example.output.filter { $0 != " " })
  }

  @Test("Without passages no mark exists")
  func nothingToCite() {
    #expect(Self.run(["As said [1]", "."], passages: 0) == "As said.")
  }

  @Test("Text without a bracket passes at once")
  func passesAtOnce() {
    var filter = CitationFilter(passageCount: 3)
    #expect(filter.filter(" river") == " river")
    #expect(filter.filter(" [") == "")
    #expect(filter.filter("1") == "")
    #expect(filter.filter("]") == " [1]")
    #expect(filter.filter(" [9]") == "")
    #expect(filter.filter(".") == ".")
  }

  @Test("What is held back is bounded")
  func bounded() {
    var filter = CitationFilter(passageCount: 3)
    let shown = filter.filter("[" + String(repeating: "1", count: 1_000))
    #expect(shown.utf8.count > 900)
  }

  static func run(_ pieces: [String], passages: Int = 3) -> String {
    var filter = CitationFilter(passageCount: passages)
    return pieces.map { filter.filter($0) }.joined() + filter.finish()
  }
}
