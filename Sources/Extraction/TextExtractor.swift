import Foundation
public import Graph

/// Reads the text of files. It blocks and computes: call it on a thread pool.
public struct TextExtractor: Sendable {
  private let limits: ExtractionLimits
  private let pdfTools: PDFTools
  private let now: @Sendable () -> ContinuousClock.Instant

  public init(
    limits: ExtractionLimits = ExtractionLimits(), pdfTools: PDFTools = PDFTools(),
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) {
    self.limits = limits
    self.pdfTools = pdfTools
    self.now = now
  }

  /// - Parameter progress: called now and then on the calling thread, also with the same counts again. When it throws,
  ///   reading ends soon with `.cancelled`: programs that were started are gone then.
  /// - Throws: ``ExtractionError``.
  public func extract(
    _ file: ExtractionSource, progress: (ExtractionProgress) throws -> Void = { _ in }
  ) throws(ExtractionError) -> ExtractedText {
    let result = withoutActuallyEscaping(progress) { progress in
      let context = ExtractionContext(limits: limits, now: now, report: progress)
      return Result { () throws(ExtractionError) in try extract(file, context) }
    }
    return try result.get()
  }

  private func extract(
    _ file: ExtractionSource, _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    let format = try DocumentFormat.detect(file)
    let limit = format.isText ? limits.textFileBytes : limits.fileBytes
    let size = try FileBytes.head(of: file.url, count: 0).size
    guard size <= limit else { throw .tooLarge(limit) }
    switch format {
    case .pdf: return try PDFReader(url: file.url, tools: pdfTools).read(context)
    case .docx: return try DOCXReader.read(file.url, context)
    case .epub: return try EPUBReader.read(file.url, context)
    case .zip:
      throw ExtractionError(.unsupportedFormat, "The file is a ZIP archive: its files are read one by one.")
    default:
      let bytes = try FileBytes.all(of: file.url, limit: limit)
      return try text(bytes, format, file, context)
    }
  }

  private func text(
    _ bytes: [UInt8], _ format: DocumentFormat, _ file: ExtractionSource, _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    if format == .html {
      var builder = TextBuilder(limits: limits)
      try HTMLReader.read(
        TextDecoder.decodeHTML(bytes, mediaType: file.mediaType), into: &builder, context)
      return try builder.finish()
    }
    let utf8 = try TextDecoder.decode(bytes)
    switch format {
    case .markdown: return try Self.checked(.markdown(String(decoding: utf8, as: UTF8.self)))
    case .csv: return try DelimitedReader.read(utf8, delimiter: nil, context)
    case .tsv: return try DelimitedReader.read(utf8, delimiter: UInt8(ascii: "\t"), context)
    case .json, .sourceCode: return try LineReader.read(utf8, .code, context)
    case .yaml: return try LineReader.read(utf8, .settings, context)
    case .jsonLines, .log: return try LineReader.read(utf8, .records, context)
    case .plainText, .html, .pdf, .docx, .epub, .zip:
      return try Self.checked(.plainText(String(decoding: utf8, as: UTF8.self)))
    }
  }

  private static func checked(_ text: ExtractedText) throws(ExtractionError) -> ExtractedText {
    guard !text.blocks.isEmpty else { throw .noText }
    return text
  }
}
