import Foundation
import Graph
import TestSupport
import Testing

@testable import Storage

@Suite("What stands in columns")
struct StoredFormTests {
  @Test("reads back every list of strings", arguments: UInt64(1)...40)
  func strings(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pieces = ["a", "\"", ",", "\\", "\",\"", "ü", "🌊", "\n", "[", "]", "", " ", "\u{0}", "/"]
    for _ in 0..<50 {
      let strings = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
          .joined()
      }
      #expect(try StoredValues.strings(json: try StoredValues.json(strings)) == strings)
    }
  }

  @Test(
    "says that a list of strings is none", arguments: ["", "x", "[1]", "[\"a]", "{}", "[\"a\" ,1]", "[]]"])
  func noStrings(json: String) {
    #expect(throws: StoreError.self) { try StoredValues.strings(json: json) }
  }

  @Test("lists ids and numbers as JSON", arguments: 0...3)
  func lists(count: Int) throws {
    let ids = (0..<count).map { _ in UUID() }
    let texts = try StoredValues.json(ids.map { $0.uuidString.lowercased() })
    #expect(StoredValues.json(ids: ids) == texts)
    let numbers = Array([Int64.max, -1, 0].prefix(count))
    let expected = try StoredValues.json(numbers)
    #expect(StoredValues.json(numbers: numbers) == expected)
  }

  @Test("keeps the structure of a text, and refuses any other bytes", arguments: UInt64(1)...30)
  func structure(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func range(_ random: inout SeededGenerator) -> Range<Int> {
      let start = Int.random(in: 0...(1 << Int.random(in: 0...40, using: &random)), using: &random)
      return start..<(start + Int.random(in: 0...1_000, using: &random))
    }
    let kinds: [TextBlock.Kind] = [
      .heading(level: 3, title: "Ü"), .heading(level: 0, title: ""), .paragraph, .listItem, .quote, .table,
      .code, .other,
    ]
    let text = ExtractedText(
      title: Bool.random(using: &random) ? nil : "T",
      text: "text",
      blocks: (0..<Int.random(in: 0...20, using: &random)).map { _ in
        TextBlock(kind: kinds.randomElement(using: &random) ?? .other, range: range(&random))
      }, pages: (0..<Int.random(in: 0...5, using: &random)).map { _ in range(&random) })
    let data = TextStructureCodec.encode(text)
    #expect(try TextStructureCodec.decode(data, text: "text") == text)
    for length in 0..<data.count {
      #expect(throws: StoreError.self) { try TextStructureCodec.decode(data.prefix(length), text: "") }
    }
    for _ in 0..<200 {
      var damaged = data
      damaged[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      // Whatever it reads, it does not trap.
      _ = try? TextStructureCodec.decode(damaged, text: "")
    }
  }

  @Test(
    "refuses a place in a list that it has not given", arguments: ["", "x", "MS4yLjM", "ZDEuMQ", "ZDEuYS5i"])
  func cursors(text: String) {
    #expect(throws: StoreError.self) { try DocumentCursor(text: text) }
  }

  @Test("gives back a place in a list")
  func cursor() throws {
    let cursor = DocumentCursor(createdAt: 1_760_000_000_123, sequence: 42)
    #expect(try DocumentCursor(text: cursor.text) == cursor)
  }

  @Test("keeps the vectors of parts to within a code", arguments: [1, 8, 384])
  func spans(dimension: Int) throws {
    var random = SeededGenerator(seed: 3)
    let spans = (0..<5).map { _ in random.direction(dimension) } + [Array(repeating: 0, count: dimension)]
    let decoded = try SpanVectors.decode(SpanVectors.encode(spans), dimension: dimension)
    #expect(decoded.count == spans.count)
    for (span, expected) in zip(decoded, spans) {
      let largest = expected.map(abs).max() ?? 0
      for (value, original) in zip(span, expected) { #expect(abs(value - original) <= largest / 250) }
    }
    #expect(throws: StoreError.self) { try SpanVectors.decode(Data([1, 2, 3]), dimension: dimension) }
  }

  @Test("Ids are read as Foundation reads them")
  func ids() throws {
    for _ in 0..<100 {
      let id = UUID()
      #expect(StoredValues.text(id) == id.uuidString.lowercased())
      #expect(try StoredValues.id(StoredValues.text(id)) == id)
      #expect(try StoredValues.id(id.uuidString) == id)
    }
    let whole = "0123abcd-4567-89ef-0123-456789abcdef"
    let wrong = [
      "", String(whole.dropLast()), whole + "0", whole.replacing("a", with: "g"),
      whole.replacing("-", with: "0"),
      whole.replacing("d-4", with: "-d4"), "{" + whole.dropFirst(),
    ]
    for text in wrong {
      #expect(UUID(uuidString: text) == nil)
      #expect(throws: StoreError.self) { try StoredValues.id(text) }
    }
  }
}
