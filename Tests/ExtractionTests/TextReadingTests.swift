import Foundation
import Graph
import Testing

@testable import Extraction

@Suite("Reading texts")
struct TextReadingTests {
  @Test("plain text: paragraphs between blank lines, as they stand")
  func plainText() throws {
    let text = try extract("notes.txt", "One\nline more.\n\n  Two.\r\n\r\nThree")
    #expect(text.outline == ["p One\nline more.", "p   Two.", "p Three"])
    #expect(text.title == nil)
  }

  @Test("Markdown: blocks and the first heading as title")
  func markdown() throws {
    let text = try extract("guide.md", Fixtures.bytes("guide.md"))
    #expect(text.title == "The Elbe")
    #expect(text.outline.contains("h2 Tributaries"))
    text.check()
  }

  @Test("a byte order mark is no part of a text, and UTF-16 becomes UTF-8")
  func marks() throws {
    #expect(try extract("a.txt", [0xEF, 0xBB, 0xBF] + Array("Elbe".utf8)).text == "Elbe")
    let units = "Mělník 🌊".utf16
    let little: [UInt8] =
      [0xFF, 0xFE] + units.flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    let big: [UInt8] =
      [0xFE, 0xFF] + units.flatMap { unit -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
    #expect(try extract("a.txt", little).text == "Mělník 🌊")
    #expect(try extract("a", big).text == "Mělník 🌊")
  }

  @Test("code: functions are blocks, their text stays as it is")
  func code() throws {
    let source = "import x\n\ndef a():\n    one()\n\n    two()\n\ndef b():\n    pass\n"
    let text = try extract("a.py", source)
    #expect(text.text == source)
    #expect(
      text.outline == ["code import x", "code def a():\n    one()\n\n    two()", "code def b():\n    pass"])
  }

  @Test("the later parts of a long function stand under its first line")
  func declarations() throws {
    let body = (0..<200).map { "    value_\($0) = compute(value_\($0))" }.joined(separator: "\n")
    let pieces = StructuredChunker().chunk(try extract("a.py", "def long_one(values):\n\(body)\n"))
    #expect(pieces.count > 3)
    #expect(pieces.first?.headings == [])
    #expect(pieces.dropFirst().allSatisfy { $0.headings == ["def long_one(values):"] })
  }

  @Test("settings: a key with everything under it is a block")
  func settings() throws {
    let text = try extract("a.yaml", "name: rill\nservices:\n  web:\n\n    port: 1\nvolumes: {}\n")
    #expect(text.outline == ["code name: rill", "code services:\n  web:\n\n    port: 1", "code volumes: {}"])
  }

  @Test("logs and JSON lines: rows that are never cut")
  func records() throws {
    let lines = (0..<500).map { "{\"number\": \($0), \"name\": \"a river\"}" }
    let text = try extract("a.jsonl", lines.joined(separator: "\n"))
    let pieces = StructuredChunker().chunk(text)
    #expect(pieces.count > 5)
    #expect(pieces.flatMap { $0.text.split(separator: "\n").map(String.init) } == lines)
    #expect(text.blocks.allSatisfy { $0.range.count <= 9_000 })
  }

  @Test("the content decides when the name says nothing, and the sender when neither does")
  func detection() throws {
    #expect(try extract("page", "<!DOCTYPE html><p>Elbe</p>").outline == ["p Elbe"])
    #expect(try extract("a.xyz", "<p>Elbe</p>", mediaType: "text/html; charset=utf-8").outline == ["p Elbe"])
    #expect(try extract("a.xyz", "plain").outline == ["p plain"])
    #expect(try extract("a.txt", "<html> is how pages begin").outline == ["p <html> is how pages begin"])
    #expect(try extract("paper", Fixtures.bytes("guide.pdf")).pages.count == 3)
    #expect(try extract("paper.txt", Fixtures.bytes("guide.docx")).title == "Rivers of Europe")
  }
}

@Suite("Reading tables")
struct TableReadingTests {
  @Test("every row says all by itself")
  func rows() throws {
    let text = try extract(
      "rivers.csv", "River,Length,Note\nElbe,\"1,094 km\",\nRhine,\"1,233\nkm\",\"the \"\"big\"\" one\"\n")
    #expect(
      text.text == "River: Elbe; Length: 1,094 km\nRiver: Rhine; Length: 1,233 km; Note: the \"big\" one")
    #expect(text.outline.count == 1)
  }

  @Test(
    "the separator is found, or named by the file",
    arguments: ["a;b\n1,5;2\n", "a\tb\n1,5\t2\n", "a|b\n1,5|2\n", "sep=;\na;b\n1,5;2\n"])
  func separators(csv: String) throws {
    #expect(try extract("t.csv", csv).text == "a: 1,5; b: 2")
  }

  @Test("a table without names of columns shows its cells between bars")
  func withoutHeader() throws {
    #expect(try extract("t.csv", "1,2\n3,4\n").text == "1 | 2\n3 | 4")
    #expect(try extract("t.tsv", "a\tb\n").text == "a | b")
  }

  @Test("blank lines, short and long rows")
  func uneven() throws {
    #expect(try extract("t.csv", "a,b\n\n1\n,,\n1,2,3\r\n").text == "a: 1\na: 1; b: 2; 3")
  }

  @Test("a quotation mark that is never closed is an error that names its line")
  func unclosed() throws {
    let error = try failure("t.csv", "a,b\n1,2\n\"3,4\n5,6\n")
    #expect(error.code == .damaged)
    #expect(error.message.contains("line 3"))
  }

  @Test("long tables are blocks of some rows")
  func long() throws {
    let rows = (0..<5_000).map { "\($0),river \($0)" }
    let text = try extract("t.csv", "number,name\n" + rows.joined(separator: "\n"))
    #expect(text.blocks.count > 20)
    #expect(text.blocks.allSatisfy { $0.range.count < 5_000 })
    #expect(text.text.split(separator: "\n", omittingEmptySubsequences: true).count == 5_000)
    text.check()
  }
}
