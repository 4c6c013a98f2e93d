import Foundation
import Testing

@testable import Extraction

@Suite("Broken and hostile files")
struct HostileFileTests {
  @Test("empty files, and files of blanks")
  func empty() throws {
    for name in ["a.txt", "a.md", "a.pdf", "a.docx", "a.csv", "a.html", "a"] {
      #expect(try failure(name, "").code == .noText)
    }
    for name in ["a.txt", "a.md", "a.csv", "a.html", "a.py", "a.log"] {
      #expect(try failure(name, " \n\t\r\n \n").code == .noText, "\(name)")
    }
  }

  @Test("invalid UTF-8 names the line", arguments: ["a.txt", "a.md", "a.py", "a.csv"])
  func invalid(name: String) throws {
    let error = try failure(name, Array("one\ntwo\nM".utf8) + [0xFC] + Array("nchen".utf8))
    #expect(error.code == .notText)
    #expect(error.message.contains("Line 3") && error.message.contains("FC"))
  }

  @Test("zero bytes, and half a letter in UTF-16")
  func zeros() throws {
    #expect(try failure("a.txt", Array("one\n\0two".utf8)).code == .notText)
    #expect(try failure("a.txt", [0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00]).code == .notText)
    #expect(try failure("a.txt", [0xFF, 0xFE, 0x41]).code == .notText)
    #expect(try failure("a.bin", [1, 0, 2, 0, 3]).code == .unsupportedFormat)
  }

  @Test("a picture with the name of a PDF, a PDF that is none, and things that are not read")
  func wrongType() throws {
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    let error = try failure("paper.pdf", png)
    #expect(error.code == .wrongFormat)
    #expect(error.message.contains("a PDF") && error.message.contains("a PNG picture"))
    #expect(try failure("photo.png", png).code == .unsupportedFormat)
    #expect(try failure("paper.pdf", "Just text").code == .wrongFormat)
    #expect(try failure("letter.docx", "Just text").code == .wrongFormat)
    #expect(try failure("old.rtf", "{\\rtf1 text}").code == .unsupportedFormat)
    #expect(try failure("a.zip", TestZip([("a.md", "x")]).bytes).code == .unsupportedFormat)
  }

  @Test("folders, pipes and missing files cannot be opened, and nothing waits for them")
  func notFiles() throws {
    let folder = try TestFolder()
    let pipe = folder.url.appending(path: "pipe.txt")
    mkfifo(pipe.path, 0o600)
    for url in [folder.url, pipe, folder.url.appending(path: "missing.txt")] {
      let error = #expect(throws: ExtractionError.self) {
        try TextExtractor().extract(ExtractionSource(url: url, name: "a.txt"))
      }
      #expect(error?.code == .unreadable)
      #expect(error?.message.contains(folder.url.path) == false)
    }
  }

  @Test("files and texts beyond the limits")
  func large() throws {
    var limits = ExtractionLimits()
    limits.textFileBytes = 100
    #expect(try failure("a.txt", String(repeating: "x", count: 101).utf8, limits: limits).code == .tooLarge)
    limits = ExtractionLimits()
    limits.fileBytes = 100
    #expect(try failure("a.pdf", Fixtures.bytes("guide.pdf"), limits: limits).code == .tooLarge)
    limits = ExtractionLimits()
    limits.extractedBytes = 100
    let row = "a long name of a column,b\n" + String(repeating: "1,2\n", count: 50)
    #expect(try failure("a.csv", row.utf8, limits: limits).code == .tooLarge)
    limits = ExtractionLimits()
    limits.elements = 100
    #expect(
      try failure("a.html", String(repeating: "<p>a", count: 200).utf8, limits: limits).code == .tooLarge)
  }

  @Test("a file that takes too long")
  func slow() throws {
    let folder = try TestFolder()
    let url = try folder.file("a.html", String(repeating: "<p>a</p>", count: 20_000))
    let clock = SteppingClock()
    let extractor = TextExtractor(now: { clock.next() })
    let error = #expect(throws: ExtractionError.self) { try extractor.extract(ExtractionSource(url: url)) }
    #expect(error?.code == .tooSlow)
    #expect(error?.message.contains("10 minutes") == true)
  }

  @Test("every message is made of whole sentences", arguments: ["a.pdf", "a.docx", "a.bin"])
  func sentences(name: String) throws {
    let message = try failure(name, [0, 1, 2, 3]).message
    #expect(message.hasSuffix(".") && message.first?.isUppercase == true)
  }
}

/// Every look at it is five minutes later.
private final class SteppingClock: @unchecked Sendable {
  // Used by the one thread of a test.
  private var now = ContinuousClock.now

  func next() -> ContinuousClock.Instant {
    now = now.advanced(by: .seconds(300))
    return now
  }
}
