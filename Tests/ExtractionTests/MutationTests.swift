import Foundation
import TestSupport
import Testing

@testable import Extraction

/// Files with random damage: whatever becomes of them, it is a text or an error, soon.
@Suite("Files with random damage")
struct MutationTests {
  @Test(
    "never crash a reader", arguments: ["guide.docx", "guide.epub", "guide.md", "bomb.zip"], UInt64(0)..<40)
  func mutations(name: String, seed: UInt64) throws {
    try check(name, Fixtures.bytes(name), seed)
  }

  @Test("never crash the reader of PDFs", arguments: UInt64(0)..<12)
  func pdfs(seed: UInt64) throws {
    try check("guide.pdf", Fixtures.bytes("guide.pdf"), seed)
  }

  @Test("never crash the parts of an unpacked file", arguments: UInt64(0)..<60)
  func parts(seed: UInt64) throws {
    let body =
      "<w:p><w:pPr><w:pStyle w:val=\"a\"/><w:numPr><w:ilvl w:val=\"1\"/></w:numPr></w:pPr><w:r><w:t>Elbe</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    var random = SeededGenerator(seed: seed)
    let damaged = String(decoding: random.damage(Array(body.utf8)), as: UTF8.self)
    try check("a.docx", wordFile(damaged), nil)
    let page =
      "<table><tr><td>a<td><h1>b</h1></table><ul><li>c<ol><li>d</ol><dl><dt>e<dd>f</dl><pre>g\nh</pre><br><br>"
    let html = String(decoding: random.damage(Array(page.utf8)), as: UTF8.self)
    try check("a.html", Array(html.utf8), nil)
    try check("a.epub", book([("one", html)]), nil)
    try check("a.csv", random.damage(Array("a,b;c\n\"1\n2\",\"3\"\"\",4\r\n".utf8)), nil)
  }

  private func check(_ name: String, _ bytes: [UInt8], _ seed: UInt64?) throws {
    var bytes = bytes
    if let seed {
      var random = SeededGenerator(seed: seed)
      bytes = random.damage(bytes)
    }
    let folder = try TestFolder()
    let url = try folder.file("upload", bytes)
    var limits = ExtractionLimits()
    limits.duration = .seconds(60)
    do throws(ExtractionError) {
      try TextExtractor(limits: limits).extract(ExtractionSource(url: url, name: name)).check()
    } catch {
      #expect(error.code != .tooSlow && error.code != .cancelled, "\(error)")
    }
    if name.hasSuffix(".zip"), let reader = try? ArchiveReader(url: url, limits: limits) {
      for entry in reader.entries.prefix(5) {
        try? reader.unpack(entry, to: folder.url.appending(path: UUID().uuidString))
      }
    }
  }
}

extension SeededGenerator {
  /// Some bytes changed, and parts cut out, doubled or left off.
  mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &self)
      let end = min(bytes.count, start + Int.random(in: 1...40, using: &self))
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes[start] = UInt8.random(in: .min ... .max, using: &self)
      case 1: bytes.removeSubrange(start..<end)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
      case 3: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      default: if Bool.random(using: &self) { bytes.removeLast(bytes.count - start) }
      }
    }
    return bytes
  }
}
