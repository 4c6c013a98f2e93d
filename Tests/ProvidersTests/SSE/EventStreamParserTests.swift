import TestSupport
import Testing

@testable import Providers

@Suite("Event stream parser")
struct EventStreamParserTests {
  @Test("there are fixtures to read")
  func fixturesExist() {
    #expect(EventStreamFixture.all.count >= 15)
  }

  @Test("every fixture in one piece", arguments: EventStreamFixture.all)
  func whole(fixture: EventStreamFixture) throws {
    #expect(try parse(fixture.bytes, pieces: [fixture.bytes.count]) == fixture.expected)
  }

  @Test("every fixture byte by byte", arguments: EventStreamFixture.all)
  func byteByByte(fixture: EventStreamFixture) throws {
    let ones = Array(repeating: 1, count: fixture.bytes.count)
    #expect(try parse(fixture.bytes, pieces: ones) == fixture.expected)
  }

  @Test("every fixture cut in two at every place", arguments: EventStreamFixture.all)
  func everyCut(fixture: EventStreamFixture) throws {
    for cut in 0...fixture.bytes.count {
      let result = try parse(fixture.bytes, pieces: [cut, fixture.bytes.count - cut])
      #expect(result == fixture.expected, "cut at \(cut)")
    }
  }

  @Test("any split of any bytes gives the same events")
  func fuzz() throws {
    var random = SeededGenerator(seed: 20_260_102)
    let pieces: [[UInt8]] =
      [
        "data", "data:", "data: x", "event: y", "id: 7", "id", "retry: 3", ":", ": c", "🙂", "é", ":\u{0}",
        " ",
      ]
      .map { Array($0.utf8) }
      + [
        [0x0A], [0x0D], [0x0D, 0x0A], [0x0A, 0x0A], [0xEF, 0xBB, 0xBF], [0xEF, 0xBB], [0xFF], [0xF0, 0x9F],
        [0x00],
      ]
    for round in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...30, using: &random)).flatMap { _ in
        Bool.random(using: &random)
          ? pieces.randomElement(using: &random)! : [0x0A]
      }
      let whole = try parse(bytes, pieces: [bytes.count])
      var cuts: [Int] = []
      while cuts.reduce(0, +) < bytes.count {
        cuts.append(min(Int.random(in: 0...5, using: &random), bytes.count - cuts.reduce(0, +)))
      }
      let split = try parse(bytes, pieces: cuts)
      #expect(split == whole, "round \(round): \(bytes) cut into \(cuts)")
    }
  }

  @Test("random bytes never trap", arguments: 0..<20)
  func noise(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let whole = try parse(bytes, pieces: [bytes.count])
    let split = try parse(bytes, pieces: Array(repeating: 1, count: bytes.count))
    #expect(whole == split)
  }

  @Test("a line, an event and an endless line above the limit are refused")
  func bounded() throws {
    let long = Array(repeating: UInt8(ascii: "x"), count: 200)
    for bytes in [long, Array("data: ".utf8) + long + [0x0A], Array(": ".utf8) + long + [0x0A]] {
      #expect(throws: EventStreamError.tooLong(limit: 100)) {
        try parse(bytes, pieces: [bytes.count], limit: 100)
      }
      #expect(throws: EventStreamError.tooLong(limit: 100)) {
        try parse(bytes, pieces: Array(repeating: 1, count: bytes.count), limit: 100)
      }
    }
    let lines = Array(String(repeating: "data: 0123456789\n", count: 20).utf8)
    #expect(throws: EventStreamError.tooLong(limit: 100)) {
      try parse(lines, pieces: [lines.count], limit: 100)
    }
    #expect(try parse(Array("data: short\n\n".utf8), pieces: [13], limit: 100).events.count == 1)
  }

  @Test("comments are reported, because they are a sign of life")
  func comments() throws {
    var parser = EventStreamParser()
    var count = 0
    try Array(": one\n:\n\ndata: x\n\n".utf8).withUnsafeBytes { bytes in
      try parser.parse(bytes) { if case .comment = $0 { count += 1 } }
    }
    #expect(count == 2)
  }

  @discardableResult
  private func parse(
    _ bytes: [UInt8], pieces: [Int], limit: Int = 1 << 20
  ) throws -> EventStreamFixture.Expectation {
    var parser = EventStreamParser(limit: limit)
    var result = EventStreamFixture.Expectation()
    var position = 0
    for length in pieces {
      try bytes[position..<position + length].withUnsafeBytes { piece in
        try parser.parse(piece) { item in
          switch item {
          case .event(let frame):
            result.events.append(
              EventStreamFixture.Event(
                event: frame.type, data: String(decoding: frame.data, as: UTF8.self), id: frame.id))
          case .retry(let milliseconds): result.retry = milliseconds
          case .comment: break
          }
        }
      }
      position += length
    }
    return result
  }
}
