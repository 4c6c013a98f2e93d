import Graph
import Testing

@Suite("The text that is embedded")
struct EmbeddingTextTests {
  @Test("is the passage under its title and headings; the spans are that line and the sentences")
  func context() {
    let input = EmbeddingText.make(
      title: "Handbook", headings: ["Ports", "Übung"], text: "One is free. Another is not.")
    #expect(input.text == "Handbook › Ports › Übung\nOne is free. Another is not.")
    #expect(
      input.spans.map { String(decoding: Array(input.text.utf8)[$0], as: UTF8.self) }
        == ["Handbook › Ports › Übung", "One is free.", "Another is not."])
  }

  @Test("does not repeat a heading that the passage begins with")
  func repeated() {
    #expect(
      EmbeddingText.make(title: "Handbook", headings: ["Free ports"], text: "## Free  Ports\n\nOne.").text
        == "Handbook\n## Free  Ports\n\nOne.")
    #expect(
      EmbeddingText.make(title: "Handbook", headings: [], text: "# Handbook\n\nOne.").text
        == "# Handbook\n\nOne.")
    #expect(
      EmbeddingText.make(title: "Handbook", headings: [], text: "Handbook of birds.").text.hasPrefix(
        "Handbook\n"))
  }

  @Test("leaves out a title without letters", arguments: ["", "184", "3.2", " - "])
  func wordless(title: String) {
    let input = EmbeddingText.make(title: title, headings: [], text: "One. Two.")
    #expect(input.text == "One. Two.")
    #expect(input.spans == [0..<4, 5..<9])
  }
}
