extension DocumentFormat {
  /// What a file is: by its content, then its name, then what its sender says.
  /// - Throws: `.noText` for an empty file, `.unsupportedFormat`, `.wrongFormat`, `.encrypted`, `.unreadable`.
  public static func detect(_ source: ExtractionSource) throws(ExtractionError) -> DocumentFormat {
    let (head, size) = try FileBytes.head(of: source.url, count: ContentSniffer.length)
    guard size > 0 else { throw ExtractionError(.noText, "The file is empty.") }
    let named = DocumentFormat(fileName: source.name)
    let expected = named ?? source.mediaType.flatMap { DocumentFormat(mediaType: $0) }
    switch ContentSniffer.kind(of: head) {
    case .format(let format):
      // A text may speak of PDFs in its first lines.
      if let expected, expected.isText, !head.starts(with: "%PDF-".utf8) { return expected }
      return format
    case .zip: return try inside(source, expected)
    case .compoundFile: throw try compoundFile(source)
    case .other(let phrase): throw notReadable(phrase, expected)
    case nil: break
    }
    if let expected {
      guard expected.isText else {
        throw ExtractionError(
          .wrongFormat,
          "The file is called \(expected.phrase), but its content is not one. "
            + "Check that it was downloaded or copied completely.")
      }
      return expected
    }
    let isUTF16 = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
    guard isUTF16 || !head.contains(0) else {
      throw notReadable("a file of a kind that is not known here", nil)
    }
    return ContentSniffer.looksLikeHTML(head) ? .html : .plainText
  }

  private static let readable =
    "Rill reads text, Markdown, HTML, PDF, Word (.docx), EPUB, CSV, source code and ZIP archives of these."

  private static func notReadable(_ phrase: String, _ expected: DocumentFormat?) -> ExtractionError {
    guard let expected else {
      return ExtractionError(.unsupportedFormat, "The file is \(phrase). \(readable)")
    }
    return ExtractionError(
      .wrongFormat, "The file is called \(expected.phrase), but it is \(phrase). \(readable)")
  }

  /// What a ZIP holds: Word files and books are archives too.
  private static func inside(
    _ source: ExtractionSource, _ expected: DocumentFormat?
  ) throws(ExtractionError) -> DocumentFormat {
    let zip: ZipFile
    do throws(ExtractionError) {
      zip = try ZipFile(source.url, ExtractionContext(limits: ExtractionLimits()))
    } catch {
      // Its reader says what is wrong with it.
      return expected.map { $0.isText ? .zip : $0 } ?? .zip
    }
    if zip.contains("word/document.xml") { return .docx }
    if zip.contains("META-INF/container.xml") { return .epub }
    if let program = otherPrograms.first(where: { zip.contains($0.file) }) {
      throw notReadable("\(program.phrase)", expected)
    }
    if expected == .docx || expected == .epub, let expected { return expected }
    return .zip
  }

  private static let otherPrograms: [(file: String, phrase: String)] = [
    ("xl/workbook.xml", "an Excel workbook, which can be saved as CSV"),
    ("ppt/presentation.xml", "a PowerPoint presentation, which can be saved as PDF"),
    ("META-INF/manifest.xml", "an OpenDocument file, which can be saved as Word file or PDF"),
    ("META-INF/MANIFEST.MF", "a Java program"),
  ]

  /// Word puts a protected file into the container of its old format, as a stream of this name (MS-OFFCRYPTO 2.3.4.4).
  private static func compoundFile(_ source: ExtractionSource) throws(ExtractionError) -> ExtractionError {
    let head = try FileBytes.head(of: source.url, count: 16_000_000).bytes
    let mark = "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    if head.withUnsafeBytes({ $0.contains(mark) }) {
      return .encrypted
    }
    return ExtractionError(
      .unsupportedFormat,
      "The file was saved in the old format of Office (.doc, .xls, .ppt). "
        + "Save it as .docx, CSV or PDF and add that.")
  }
}

extension ExtractionError {
  static var encrypted: ExtractionError {
    ExtractionError(
      .encrypted, "The file is protected with a password. Save a copy without one and add that.")
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func contains(_ mark: [UInt8]) -> Bool {
    guard let first = mark.first, count >= mark.count else { return false }
    return (0...(count - mark.count)).contains { start in
      self[start] == first && self[start..<(start + mark.count)].elementsEqual(mark)
    }
  }
}
