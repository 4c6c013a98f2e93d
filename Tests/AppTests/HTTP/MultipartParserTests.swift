import Foundation
import Testing

@testable import App

@Suite struct MultipartParserTests {
  private struct Part: Equatable {
    var headers: MultipartHeaders
    var data: [UInt8] = []
  }

  private func parts(_ body: [UInt8], boundary: String = "b", pieces: Int = .max) throws -> [Part] {
    var parser = try #require(MultipartParser(contentType: "multipart/form-data; boundary=\"\(boundary)\""))
    var parts: [Part] = []
    var rest = body[...]
    while !rest.isEmpty {
      try parser.parse(rest.prefix(pieces)) { event in
        switch event {
        case .begin(let headers): parts.append(Part(headers: headers))
        case .data(let bytes): parts[parts.count - 1].data += bytes
        case .end: break
        }
      }
      rest = rest.dropFirst(pieces)
    }
    try parser.finish()
    return parts
  }

  private static let body = """
    preamble\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\nContent-Type: text/markdown\r\n\
    \r\none\r\n--a\r\n\r\ntwo\r\n-b  \r\n--b\r\n\r\n\r\n--b\r\nX: y\r\n\r\n\r\n--\r\n--b--\r\nepilogue
    """

  @Test("Parts are the same, however the body is cut", arguments: [1, 2, 3, 7, 64, 1_000])
  func cuts(pieces: Int) throws {
    let parts = try parts(Array(Self.body.utf8), pieces: pieces)
    #expect(parts.count == 3)
    #expect(parts[0].headers.fileName == "a.md")
    #expect(parts[0].headers.contentType == "text/markdown")
    #expect(String(decoding: parts[0].data, as: UTF8.self) == "one\r\n--a\r\n\r\ntwo\r\n-b  ")
    #expect(parts[1].data.isEmpty)
    #expect(parts[2].data == Array("\r\n--".utf8))
  }

  @Test("Random data comes through whole, whatever it holds")
  func random() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let alphabet: [UInt8] = [0x0D, 0x0A, 0x2D, 0x62, 0x00, 0xFF]
      let data = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let delimiter = Array("\r\n--b".utf8)
      guard !([0x0D, 0x0A] + data).contains(delimiter) else { continue }
      let body = Array("--b\r\n\r\n".utf8) + data + Array("\r\n--b--".utf8)
      let found = try parts(body, pieces: Int.random(in: 1...9, using: &generator))
      #expect(found.map(\.data) == [data])
    }
  }

  @Test(
    "What is not built as its boundary says is refused",
    arguments: [
      "", "--b", "--b\r\n\r\nno end", "--b\r\n\r\nx\r\n--b", "--bx\r\n", "no boundary at all",
    ])
  func malformed(body: String) {
    #expect(throws: MultipartParser.Failure.malformed) {
      _ = try parts(Array(body.utf8))
    }
  }

  @Test("Headers and parts are bounded")
  func bounds() {
    let long = "--b\r\nX: " + String(repeating: "x", count: MultipartParser.maximumHeaderBytes)
    #expect(throws: MultipartParser.Failure.headersTooLong) { _ = try parts(Array(long.utf8)) }
    #expect(throws: MultipartParser.Failure.headersTooLong) {
      _ = try parts(Array((long + "\r\n\r\n\r\n--b--").utf8))
    }
    let many = String(repeating: "--b\r\n\r\n\r\n", count: MultipartParser.maximumParts + 1) + "--b--"
    #expect(throws: MultipartParser.Failure.tooManyParts) { _ = try parts(Array(many.utf8)) }
  }

  @Test(
    "A boundary is needed, and is at most 70 printable characters",
    arguments: [
      "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=b",
      "multipart/form-data; boundary=" + String(repeating: "x", count: 71), "text/plain; boundary=b",
      "multipart/form-data; boundary=é",
    ])
  func boundaries(contentType: String) {
    #expect(MultipartParser(contentType: contentType) == nil)
  }

  @Test(
    "File names are read as browsers and tools write them",
    arguments: [
      (#"form-data; name="file"; filename="a b.md""#, "a b.md"),
      (#"form-data; filename=plain.md; name=file"#, "plain.md"),
      (#"form-data; filename="a;b=c.md""#, "a;b=c.md"),
      (#"form-data; filename="a%22b.md""#, #"a"b.md"#),
      (#"form-data; filename="a\"b.md""#, #"a"b.md"#),
      (#"form-data; filename="C:\folder\a.md""#, #"C:\folder\a.md"#),
      (#"form-data; filename="x.md"; filename*=UTF-8''%e2%82%ac%20rates.md"#, "€ rates.md"),
      (#"form-data; filename*=utf-8'en'a.md"#, "a.md"),
      (#"form-data; filename="x.md"; filename*=latin1''%e4"#, "x.md"),
    ])
  func fileNames(header: String, expected: String) {
    #expect(HeaderParameters(header).fileName == expected)
  }
}

extension Array where Element == UInt8 {
  fileprivate func contains(_ other: [UInt8]) -> Bool {
    guard count >= other.count else { return false }
    return (0...(count - other.count)).contains { Array(self[$0..<($0 + other.count)]) == other }
  }
}
