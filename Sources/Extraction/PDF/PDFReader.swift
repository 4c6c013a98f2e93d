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
    var pages: [[UInt8]] = []
    var size = 0
    while pages.count < info.pageCount {
      try context.advance(to: ExtractionProgress(read: pages.count, total: info.pageCount, unit: .pages))
      let range = (pages.count + 1)...min(pages.count + Self.pagesAtOnce, info.pageCount)
      let texts = try self.texts(range, context)
      size += texts.reduce(0) { $0 + $1.count }
      guard size <= context.limits.extractedBytes else { throw .tooMuchText(context.limits) }
      pages.append(contentsOf: texts)
    }
    try context.advance(to: ExtractionProgress(read: pages.count, total: pages.count, unit: .pages))
    guard pages.contains(where: { $0.contains { !$0.isWhiteSpace } }) else {
      throw ExtractionError(
        .noText,
        "The PDF holds only images, no text. Run it through a program for text recognition (OCR) and add the result."
      )
    }
    var assembler = PDFTextAssembler(limits: context.limits)
    assembler.title = info.title.flatMap(Self.meaningful)
    return try assembler.assemble(pages, context)
  }

  /// The texts of some pages. When the program fails on one of them, that page stays empty.
  private func texts(
    _ range: ClosedRange<Int>, _ context: ExtractionContext
  ) throws(ExtractionError) -> [[UInt8]] {
    do throws(ExtractionError) {
      return try run(range, context)
    } catch {
      guard error.code == .damaged, range.count > 1 else { throw error }
    }
    var texts: [[UInt8]] = []
    var failure: ExtractionError?
    for page in range {
      do throws(ExtractionError) {
        texts.append(contentsOf: try run(page...page, context))
      } catch {
        guard error.code == .damaged else { throw error }
        failure = error
        texts.append([])
      }
    }
    if let failure, texts.allSatisfy(\.isEmpty) { throw failure }
    return texts
  }

  private func run(_ range: ClosedRange<Int>, _ context: ExtractionContext) throws(ExtractionError)
    -> [[UInt8]]
  {
    let process = Subprocess(
      program: tools.pdftotext,
      arguments: [
        "-f", String(range.lowerBound), "-l", String(range.upperBound), "-enc", "UTF-8", "-eol", "unix",
        url.path,
        "-",
      ],
      memoryLimit: context.limits.toolMemoryBytes)
    let (bytes, result) = try process.output(context, limit: context.limits.extractedBytes)
    guard result.isSuccess else { throw .pdfFailure(result) }
    let text =
      TextDecoder.firstInvalid(in: bytes) == nil ? bytes : Array(String(decoding: bytes, as: UTF8.self).utf8)
    // Every page ends with a form feed.
    var pages = text.split(separator: 0x0C, omittingEmptySubsequences: false).map { Array($0) }
    if pages.count > range.count, pages.last?.allSatisfy(\.isWhiteSpace) == true { pages.removeLast() }
    while pages.count < range.count { pages.append([]) }
    return Array(pages.prefix(range.count))
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
