import Testing

@testable import Graph

@Suite("Sentences")
struct SentenceSplitterTests {
  private func sentences(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return SentenceSplitter.sentences(in: text).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test(
    "end at a final mark that white space follows",
    arguments: [
      ("One. Two! Three?", ["One.", "Two!", "Three?"]),
      ("Version 2.1 is out. Get it.", ["Version 2.1 is out.", "Get it."]),
      ("He said “no.” Then left.", ["He said “no.”", "Then left."]),
      ("He said \"no.\" Then left.", ["He said \"no.\"", "Then left."]),
      ("It is **bold.** Next one.", ["It is **bold.**", "Next one."]),
      ("What?! Really... yes.", ["What?!", "Really... yes."]),
      ("No mark at the end", ["No mark at the end"]),
      ("  \n ", []),
    ])
  func finalMarks(text: String, expected: [String]) {
    #expect(sentences(text) == expected)
  }

  @Test(
    "do not end at abbreviations, initials and numbers",
    arguments: [
      "Use a proxy, e.g. Nginx or Caddy.", "J. R. Smith wrote it.", "See Fig. 7 for more.",
      "Dr. Who et al. Found it.", "1. First things first.", "Run `a. B` now.",
    ])
  func abbreviations(text: String) {
    #expect(sentences(text) == [text])
  }

  @Test("end at a word that only looks like an abbreviation")
  func words() {
    #expect(sentences("The answer is no. Try again.") == ["The answer is no.", "Try again."])
  }

  @Test("end at a mark that stands alone, whatever follows")
  func spacedMarks() {
    #expect(sentences("lift was measured . the results were good .").count == 2)
  }

  @Test("end at a blank line and not at a line break, with LF and CRLF")
  func lines() {
    #expect(sentences("one\ntwo\n\nthree") == ["one\ntwo", "three"])
    #expect(sentences("one\r\ntwo\r\n \r\nthree") == ["one\r\ntwo", "three"])
  }

  @Test("of Chinese and Japanese end without white space")
  func wideMarks() {
    #expect(sentences("你好。再见！好") == ["你好。", "再见！", "好"])
  }

  @Test("go on after a backquote that is never closed")
  func unpairedBackquote() {
    #expect(sentences("A ` mark. Then more.") == ["A ` mark.", "Then more."])
  }
}
