import Foundation
import Testing

@testable import Extraction

@Suite("Reading archives")
struct ArchiveReadingTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
  }

  private func reader(
    _ zip: TestZip, limits: ExtractionLimits = ExtractionLimits(), depth: Int = 0
  ) throws -> ArchiveReader {
    try ArchiveReader(url: folder.file(UUID().uuidString, zip.bytes), limits: limits, depth: depth)
  }

  private func failure(_ url: URL, limits: ExtractionLimits = ExtractionLimits(), depth: Int = 0)
    -> ExtractionError?
  {
    do throws(ExtractionError) {
      _ = try ArchiveReader(url: url, limits: limits, depth: depth)
      return nil
    } catch {
      return error
    }
  }

  @Test("its documents, without folders and what systems add")
  func entries() throws {
    let reader = try reader(
      TestZip([
        ("a.md", "A"), ("notes/", ""), ("notes/b.txt", "BB"), ("__MACOSX/._a.md", "x"), (".hidden", "x"),
        ("notes/.git/c", "x"), ("notes\\win.txt", "W"),
      ]))
    #expect(reader.entries.map(\.path) == ["a.md", "notes/b.txt", "notes/win.txt"])
    #expect(reader.entries.map(\.byteCount) == [1, 2, 1])
    #expect(reader.skipped.isEmpty)
    let url = folder.url.appending(path: "out")
    try reader.unpack(reader.entries[1], to: url)
    #expect(try String(contentsOf: url, encoding: .utf8) == "BB")
  }

  @Test("names that lead out, links and control characters are left out, with a reason each")
  func unsafe() throws {
    var zip = TestZip([
      ("../up.txt", "x"), ("a/../../up.txt", "x"), ("/etc/passwd", "x"), ("C:/x.txt", "x"),
      ("a\u{1}b.txt", "x"),
      ("a//b.txt", "x"), ("good.txt", "x"),
    ])
    zip.entries.append(TestZip.Entry(name: "link.txt", content: Array("/etc/passwd".utf8), mode: 0o120777))
    zip.entries.append(TestZip.Entry(name: "secret.txt", content: [1], isEncrypted: true))
    zip.entries.append(TestZip.Entry(name: "good.txt", content: [1]))
    let reader = try reader(zip)
    #expect(reader.entries.map(\.path) == ["good.txt"])
    #expect(
      reader.skipped.map(\.error.code) == [
        .damaged, .damaged, .damaged, .damaged, .damaged, .damaged, .unsupportedFormat, .encrypted, .damaged,
      ])
    #expect(reader.skipped.allSatisfy { !$0.path.contains("\u{1}") })
  }

  @Test("too many files, too deep, nothing in it, all of it protected")
  func limits() throws {
    var limits = ExtractionLimits()
    limits.archiveEntries = 2
    let three = try folder.file("three", TestZip([("a", ""), ("b", ""), ("c", "")]).bytes)
    #expect(failure(three, limits: limits)?.code == .tooLarge)
    #expect(failure(three, depth: 2)?.code == .tooDeep)
    #expect(failure(three, depth: 1) == nil)
    #expect(failure(try folder.file("none", TestZip().bytes))?.code == .noText)
    var locked = TestZip()
    locked.entries = [TestZip.Entry(name: "a.txt", content: [1], isEncrypted: true)]
    #expect(failure(try folder.file("locked", locked.bytes))?.code == .encrypted)
    #expect(failure(folder.url.appending(path: "missing"))?.code == .unreadable)
    #expect(failure(try folder.file("cut", TestZip([("a", "text")]).bytes.prefix(40)))?.code == .damaged)
    #expect(failure(try folder.file("text", "no archive"))?.code == .damaged)
  }

  @Test("a bomb is not unpacked, and leaves nothing behind")
  func bomb() throws {
    let reader = try ArchiveReader(url: Fixtures.url("bomb.zip"))
    let url = folder.url.appending(path: "out")
    let error = #expect(throws: ExtractionError.self) { try reader.unpack(reader.entries[0], to: url) }
    #expect(error?.code == .tooLarge)
    #expect(!FileManager.default.fileExists(atPath: url.path))
    var limits = ExtractionLimits()
    limits.unpackedBytes = 1_000_000
    limits.unsuspiciousBytes = .max
    let second = try ArchiveReader(url: Fixtures.url("bomb.zip"), limits: limits)
    #expect(throws: ExtractionError.self) { try second.unpack(second.entries[0], to: url) }
  }

  @Test("content that is not what the list says is damaged")
  func checksum() throws {
    var bytes = TestZip([("a.txt", "river")]).bytes
    let place = try #require(bytes.firstRange(of: Array("river".utf8)))
    bytes[place.lowerBound] = UInt8(ascii: "R")
    let reader = try ArchiveReader(url: folder.file("bad", bytes))
    let error = #expect(throws: ExtractionError.self) {
      try reader.unpack(reader.entries[0], to: folder.url.appending(path: "out"))
    }
    #expect(error?.code == .damaged)
  }

  @Test("Word files and books are told from archives, other office files are named")
  func kinds() throws {
    func format(_ zip: [UInt8], _ name: String) throws -> DocumentFormat {
      try DocumentFormat.detect(ExtractionSource(url: folder.file(UUID().uuidString, zip), name: name))
    }
    #expect(try format(TestZip([("a.md", "x")]).bytes, "a.bin") == .zip)
    #expect(try format(wordFile(""), "a.zip") == .docx)
    #expect(try format(book([]), "a.zip") == .epub)
    let error = #expect(throws: ExtractionError.self) {
      try format(TestZip([("xl/workbook.xml", "")]).bytes, "a.xlsx")
    }
    #expect(error?.code == .unsupportedFormat && error?.message.contains("Excel") == true)
  }
}
