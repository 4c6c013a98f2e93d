import Foundation
import Graph

/// Reads the text of PDFs with poppler's `pdftotext`, some pages at a time.
struct PDFReader {
  let url: URL
  let tools: PDFTools

  /// Few enough that one is soon told how far it is; many enough that starting the program does not matter.
  private static let pagesAtOnce = 50

  func read(_ context: ExtractionContext) throws(ExtractionError) -> ExtractedText {
    let info = try PDFInfo.read(url, tools, context)
    guard info.pageCount > 0 else { throw .damaged("The PDF has no pages.") }
    guard info.pageCount <= context.limits.pages else {
      throw ExtractionError(
        .tooManyPages,
        "The PDF has \(info.pageCount) pages; at most \(context.limits.pages) are read. "
          + "Split it into smaller files and add those.")
    }
    var pages: [PDFPage] = []
    var size = 0
    while pages.count < info.pageCount {
      try context.advance(to: ExtractionProgress(read: pages.count, total: info.pageCount, unit: .pages))
      let range = (pages.count + 1)...min(pages.count + Self.pagesAtOnce, info.pageCount)
      let batch = try self.pages(range, context)
      size += batch.lazy.flatMap(\.blocks).flatMap(\.self).reduce(0) { $0 + $1.text.count }
      guard size <= context.limits.extractedBytes else { throw .tooMuchText(context.limits) }
      pages.append(contentsOf: batch)
    }
    try context.advance(to: ExtractionProgress(read: pages.count, total: pages.count, unit: .pages))
    guard pages.contains(where: { !$0.blocks.isEmpty }) else {
      throw ExtractionError(
        .noText,
        "The PDF holds only images, no text. Run it through a program for text recognition (OCR) and add the result."
      )
    }
    return try PDFTextAssembler.assemble(pages, title: info.title.flatMap(Self.meaningful), context)
  }

  /// Some pages. When the program fails on one of them, that page stays empty.
  private func pages(
    _ range: ClosedRange<Int>, _ context: ExtractionContext
  ) throws(ExtractionError) -> [PDFPage] {
    do throws(ExtractionError) {
      return try run(range, context)
    } catch {
      guard error.code == .damaged, range.count > 1 else { throw error }
    }
    var pages: [PDFPage] = []
    var failure: ExtractionError?
    for page in range {
      do throws(ExtractionError) {
        pages.append(contentsOf: try run(page...page, context))
      } catch {
        guard error.code == .damaged else { throw error }
        failure = error
        pages.append(PDFPage())
      }
    }
    if let failure, pages.allSatisfy(\.blocks.isEmpty) { throw failure }
    return pages
  }

  private func run(_ range: ClosedRange<Int>, _ context: ExtractionContext) throws(ExtractionError)
    -> [PDFPage]
  {
    let process = Subprocess(
      program: tools.pdftotext,
      arguments: [
        "-bbox-layout", "-f", String(range.lowerBound), "-l", String(range.upperBound), "-enc", "UTF-8",
        url.path,
        "-",
      ],
      memoryLimit: context.limits.toolMemoryBytes)
    // The layout takes some twenty times as many bytes as the text.
    let (bytes, result) = try process.output(context, limit: context.limits.extractedBytes * 10)
    guard result.isSuccess else { throw .pdfFailure(result) }
    let reader = PDFLayoutReader()
    let text =
      TextDecoder.firstInvalid(in: bytes) == nil ? bytes : Array(String(decoding: bytes, as: UTF8.self).utf8)
    try HTMLDocument.parse(text, to: reader, context)
    var pages = Array(reader.pages.prefix(range.count))
    while pages.count < range.count { pages.append(PDFPage()) }
    return pages
  }

  /// Many programs put the name of a file in place of a title.
  private static func meaningful(_ title: String) -> String? {
    let lower = title.lowercased()
    let isFileName =
      [".doc", ".docx", ".indd", ".tex", ".dvi", ".qxd", ".pdf", ".ps", ".odt", ".ppt", ".pptx", ".xls"]
      .contains { lower.hasSuffix($0) }
    let isNothing =
      lower == "untitled" || lower.hasPrefix("microsoft word - ") || !title.contains(where: \.isLetter)
    return isFileName || isNothing ? nil : title
  }
}
