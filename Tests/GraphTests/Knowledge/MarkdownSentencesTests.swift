import Testing

@testable import Graph

@Suite("Sentences of Markdown")
struct MarkdownSentencesTests {
  private func sentences(_ text: String) -> [MarkdownSentence] { MarkdownSentences.sentences(in: text) }

  @Test("come from paragraphs on one line each")
  func prose() {
    let found = sentences("Rill *streams*\nwords. It keeps\r\nthem.\n\nMore.")
    #expect(found.map(\.text) == ["Rill *streams* words.", "It keeps them.", "More."])
    #expect(found.allSatisfy { $0.kind == .prose })
  }

  @Test("come from list items without their marks, nested ones by themselves")
  func lists() {
    let found = sentences("- One. Two.\n  - nested\n\n  after\n1. first\n   goes on\n10) tenth\n")
    #expect(found.map(\.text) == ["One.", "Two.", "nested", "after", "first goes on", "tenth"])
    #expect(found.allSatisfy { $0.kind == .listItem })
  }

  @Test("keep a number that only looks like the mark of an item")
  func years() {
    #expect(sentences("It began in\n2024. Then more.").map(\.text).joined(separator: " ").contains("2024."))
  }

  @Test("come from quotes, tables, headings and code, each as its kind")
  func kinds() {
    let found = sentences(
      "# A `b` [c](d)\n\n> quoted\n> text.\n\n| k | v |\n|---|---|\n| `A` | x \\| y |\n\n```\ncode. Not prose.\n```\n***\n"
    )
    #expect(
      found.map(\.text) == [
        "A b c", "quoted text.", "k, v", "`A`, x | y", "```\ncode. Not prose.\n```",
      ])
    #expect(found.map(\.kind) == [.heading, .prose, .tableRow, .tableRow, .code])
  }

  @Test("know where they stand")
  func ranges() {
    let text = "Ä.\n\n- Ö one.\n"
    let bytes = Array(text.utf8)
    #expect(sentences(text).map { String(decoding: bytes[$0.range], as: UTF8.self) } == ["Ä.", "- Ö one."])
  }

  @Test(
    "as plain text have no marks",
    arguments: [
      ("a **bold** _move_ `now`", "a bold move now"), ("RILL_PORT and 2 * 3", "RILL_PORT and 2 * 3"),
      ("[label](http://x) and ![alt](y.png)", "label and alt"), ("[not a link] (x)", "[not a link] (x)"),
      ("\\*plain\\*", "*plain*"), ("snake_case_name", "snake_case_name"), ("", ""),
    ])
  func plain(markdown: String, expected: String) {
    #expect(MarkdownText.plain(markdown) == expected)
  }

  @Test(
    "as headings end before closing number signs",
    arguments: [("## Set up ##", "Set up"), ("# C#", "C#"), ("#", ""), ("## ##", ""), ("### a # b", "a # b")])
  func headings(line: String, expected: String) {
    #expect(MarkdownText.headingTitle(line) == expected)
  }
}
