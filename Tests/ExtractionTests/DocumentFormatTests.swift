import Testing

@testable import Extraction

@Suite("What a file's name and media type say")
struct DocumentFormatTests {
  @Test(
    "the extension decides, in any case",
    arguments: [
      ("notes/a.MD", DocumentFormat.markdown), ("a.pdf", .pdf), ("b.Docx", .docx), ("x.tar.zip", .zip),
      ("main.swift", .sourceCode), ("README", .plainText), ("Makefile", .sourceCode), ("t.tsv", .tsv),
    ])
  func names(name: String, format: DocumentFormat) {
    #expect(DocumentFormat(fileName: name) == format)
  }

  @Test(
    "names that say nothing have no format", arguments: ["a.png", "a", ".hidden", "a.exe", "folder/x.mp4"])
  func unknown(name: String) {
    #expect(DocumentFormat(fileName: name) == nil)
  }

  @Test("every format is found by its own media type", arguments: DocumentFormat.allCases)
  func mediaTypes(format: DocumentFormat) {
    #expect(DocumentFormat(mediaType: format.mediaType) == format)
    #expect(DocumentFormat(mediaType: format.mediaType.uppercased() + "; charset=utf-8") == format)
  }
}
