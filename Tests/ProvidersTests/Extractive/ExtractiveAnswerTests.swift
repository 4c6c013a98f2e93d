import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("Extractive answers")
struct ExtractiveAnswerTests {
  private let passages = ExtractiveFixtures.passages(ExtractiveFixtures.kettle, ExtractiveFixtures.weather)

  private func answer(_ question: String) -> String { ExtractiveFixtures.answer(question, from: passages) }

  /// The number of the passage that holds the text.
  private func mark(of text: String) -> String {
    "[\(passages.firstIndex { $0.chunk.text.contains(text) }! + 1)]"
  }

  @Test("a how-to is answered with its sentence and its command")
  func instruction() {
    let answer = answer("How do I change the port?")
    let mark = mark(of: "listens on port 8000")
    #expect(answer.hasPrefix("The control page listens on port 8000; change it with `PORT`. \(mark)"))
    #expect(answer.contains("To use port 9000, type: \(mark)\n\n```sh\nkettle set PORT=9000\n```"))
  }

  @Test("a row of a table is read out with the names of its columns")
  func tableRow() {
    let answer = answer("What is the default of KEEP_WARM?")
    let mark = mark(of: "KEEP_WARM")
    #expect(
      answer.contains(
        "- `KEEP_WARM` — minutes for which the water is kept warm (default: `0`; range: 0–60) \(mark)"))
    #expect(!answer.contains("TEMP"))
  }

  @Test("a question for which no heading stands finds the row all the same")
  func tableRowByMeaning() {
    #expect(answer("At which temperature does heating stop?").contains("`TEMP` — temperature in degrees"))
  }

  @Test("a table that begins in the middle is still a table")
  func tableWithoutHeader() {
    let text = "| `TEMP` | `100` | temperature in degrees |\n| `PORT` | `8000` | network port of the page |"
    let passage = passages[0]
    let chunk = Chunk(
      id: passage.chunk.id, documentID: passage.chunk.documentID, ordinal: 1, headings: ["Settings"],
      text: text,
      byteRange: 0..<text.utf8.count)
    let answer = ExtractiveFixtures.answer(
      "What is the network port?", from: [Passage(chunk: chunk, title: "Kettle", source: "k.md", score: 1)])
    #expect(answer == "- `PORT` — network port of the page (`8000`) [1]")
  }

  @Test("a sentence that announces a list brings the list, with its numbers")
  func orderedList() {
    let answer = answer("How do I descale the kettle?")
    let mark = mark(of: "vinegar.")
    #expect(
      answer.contains(
        "Descale it once a month: \(mark)\n\n1. Fill it with equal parts of water and vinegar. \(mark)\n"))
    #expect(answer.contains("2. Boil it, and let it stand for an hour. \(mark)\n"))
    #expect(answer.contains("3. Rinse it three times. \(mark) Throw the water away. \(mark)"))
  }

  @Test("a list under a heading that is the question is given as a whole")
  func wholeList() {
    let answer = answer("What about safety?")
    #expect(answer.split(separator: "\n").filter { $0.hasPrefix("- ") }.count == 3)
  }

  @Test("an item of a list is quoted as an item")
  func listItem() {
    #expect(
      answer("Can I open the lid while the water boils?").contains(
        "- Never open the lid while the water boils. "))
  }

  @Test("a section whose heading is the question's word")
  func section() {
    let answer = answer("How long is the warranty?")
    #expect(
      answer.hasPrefix("The warranty lasts three years from the day of purchase. \(mark(of: "three years"))"))
    #expect(!answer.contains("2012"))
  }

  @Test("reasons and definitions")
  func forms() {
    #expect(answer("Why is the kettle slow?").contains("because it keeps the heat from the water. "))
    #expect(
      answer("What is the Brookside kettle?").hasPrefix(
        "The Brookside kettle is an electric kettle for home use."))
    #expect(
      answer("Why do storms come in autumn?").contains(
        "because the sea is still warm then. \(mark(of: "Storms come"))"))
  }

  @Test("a sentence that leans on the one before it brings that one along")
  func pronoun() {
    let answer = answer("How many litres does it boil?")
    #expect(answer.contains("The Brookside kettle is an electric kettle for home use."))
    #expect(answer.contains("It boils 1.7 litres in four minutes."))
  }

  @Test("other words for the same thing are understood")
  func synonyms() {
    #expect(answer("How can I configure another port?").contains("change it with `PORT`"))
  }

  @Test("a follow-up takes its subject from the question before")
  func followUp() {
    let history = [
      ChatMessage(.user, "Tell me about the warranty"), ChatMessage(.assistant, "It lasts three years."),
    ]
    let answer = ExtractiveFixtures.answer("And what does it not cover?", from: passages, history: history)
    #expect(answer.contains("It does not cover damage by limescale."))
  }

  @Test(
    "questions that the passages do not answer are not answered",
    arguments: [
      "What is the capital of France?", "Who won the world cup in 2018?", "How do I bake bread?",
      "How do I connect the kettle to a satellite?", "Wie hoch ist der Eiffelturm?", "asdf qwer",
    ])
  func noAnswer(question: String) {
    let answer = answer(question)
    #expect(answer.hasPrefix("I found no"), "\(answer)")
    #expect(answer.contains("rill ingest PATH"))
    #expect(!answer.contains { "[]".contains($0) })
  }

  @Test("without passages it says that nothing was found")
  func noPassages() {
    #expect(ExtractiveFixtures.answer("How do I bake bread?", from: []) == NoAnswer.nothingFound)
  }

  @Test("links become text and numbers in brackets do not pass for citations")
  func quoting() {
    let answer = answer("Where are other remedies in the care guide?")
    #expect(answer.contains("See the care guide for other remedies (3). "))
    #expect(
      QuotedText.clean("![x](y.png)A [b](c(d)) <https://e.f> `a[1]` [12]") == "A b https://e.f `a[1]` (12)")
  }

  @Test("every mark names a passage that holds the sentence before it")
  func marksAreTrue() throws {
    for question in ["How do I change the port?", "How long is the warranty?", "Why is the kettle slow?"] {
      for match in answer(question).matches(of: #/([A-Z][^.`\n\[\]]*)[.:] \[(\d+)\]/#) {
        let number = try #require(Int(match.2))
        let text = passages[number - 1].chunk.text.split(whereSeparator: \.isWhitespace).joined(
          separator: " ")
        #expect(text.contains(match.1))
      }
    }
  }

  @Test("any text can be a passage", arguments: 0..<30)
  func anyPassage(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "| a | b |", "|---|", "- port", "1. port", "```", "# port", "> port", "port.", "`", "|", "[1](", "\n",
      " ", "🙂",
    ]
    let text = (0..<60).map { _ in pieces.randomElement(using: &random)! }.joined(separator: "\n")
    let chunk = Chunk(
      id: passages[0].chunk.id, documentID: passages[0].chunk.documentID, ordinal: 0, headings: [],
      text: text,
      byteRange: 0..<text.utf8.count)
    let passage = Passage(chunk: chunk, title: "", source: "", score: 0)
    #expect(!ExtractiveFixtures.answer("What is the port?", from: [passage]).isEmpty)
  }
}
