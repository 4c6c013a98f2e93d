public import Foundation

/// A part of a page, in fractions of its width and height from its upper left corner.
public struct PDFRectangle: Sendable, Hashable, Codable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

/// Shows the pages of a PDF and finds passages on them. It starts programs and waits for them: call it on a thread pool.
public struct PDFPages: Sendable {
  private let url: URL
  private let tools: PDFTools
  private let limits: ExtractionLimits
  private let isCancelled: @Sendable () -> Bool

  /// Pixels. Wider pictures show nothing more.
  public static let widths = 50...3_000

  /// - Parameter isCancelled: asked every tenth of a second; when it says yes, the program is killed.
  public init(
    url: URL, tools: PDFTools = PDFTools(), limits: ExtractionLimits = PDFPages.limits,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.url = url
    self.tools = tools
    self.limits = limits
    self.isCancelled = isCancelled
  }

  /// Somebody waits for a page: half a minute is the most.
  public static var limits: ExtractionLimits {
    var limits = ExtractionLimits()
    limits.duration = .seconds(30)
    return limits
  }

  /// - Throws: ``ExtractionError``.
  public func count() throws(ExtractionError) -> Int {
    try PDFInfo.read(url, tools, context()).pageCount
  }

  /// Width and height of a page in points, as it is shown.
  /// - Parameter page: from 1.
  /// - Throws: ``ExtractionError``; `.unreadable` when there is no such page.
  public func size(page: Int) throws(ExtractionError) -> (width: Double, height: Double) {
    try size(page: page, context())
  }

  /// A page as a PNG picture.
  /// - Parameter width: in pixels; brought into ``widths``. A page that is much higher than wide becomes narrower.
  /// - Throws: ``ExtractionError``; `.unreadable` when there is no such page.
  public func png(page: Int, width: Int) throws(ExtractionError) -> [UInt8] {
    let context = try context()
    let size = try size(page: page, context)
    let width = Double(min(max(width, Self.widths.lowerBound), Self.widths.upperBound))
    let scale = min(width / size.width, Double(Self.widths.upperBound) * 2 / size.height)
    let process = Subprocess(
      program: tools.pdftoppm,
      arguments: [
        "-png", "-f", String(page), "-l", String(page), "-singlefile",
        "-scale-to-x", String(max(1, Int(size.width * scale))),
        "-scale-to-y", String(max(1, Int(size.height * scale))), url.path,
      ],
      memoryLimit: limits.toolMemoryBytes)
    let (bytes, result) = try process.output(context, limit: 100_000_000)
    guard result.isSuccess, !bytes.isEmpty else { throw .pdfFailure(result) }
    return bytes
  }

  /// The words of a page in reading order, and where they stand.
  /// - Throws: ``ExtractionError``; `.unreadable` when there is no such page.
  public func words(page: Int) throws(ExtractionError) -> [PDFWord] {
    let context = try context()
    let size = try size(page: page, context)
    let process = Subprocess(
      program: tools.pdftotext,
      arguments: ["-bbox", "-f", String(page), "-l", String(page), "-enc", "UTF-8", url.path, "-"],
      memoryLimit: limits.toolMemoryBytes)
    let (bytes, result) = try process.output(context, limit: 50_000_000)
    guard result.isSuccess else { throw .pdfFailure(result) }
    let reader = PDFWordReader(width: size.width, height: size.height)
    try HTMLDocument.parse(Array(String(decoding: bytes, as: UTF8.self).utf8), to: reader, context)
    return reader.words
  }

  /// Where a passage stands on a page: one rectangle for each of its lines. Words of it that are not on the page are passed
  /// over, so that a passage that runs over two pages is marked on each.
  /// - Throws: ``ExtractionError``.
  public func highlight(_ passage: String, page: Int) throws(ExtractionError) -> [PDFRectangle] {
    PDFHighlighter.rectangles(of: passage, in: try words(page: page))
  }

  private func context() throws(ExtractionError) -> ExtractionContext {
    let isCancelled = isCancelled
    let context = ExtractionContext(
      limits: limits, report: { _ in if isCancelled() { throw CancellationError() } })
    // Only with something to tell is the caller asked.
    try context.advance(to: ExtractionProgress(read: 0, total: 1, unit: .pages))
    return context
  }

  private func size(
    page: Int, _ context: ExtractionContext
  ) throws(ExtractionError) -> (width: Double, height: Double) {
    let missing = ExtractionError(.unreadable, "The PDF has no page \(page).")
    guard page > 0 else { throw missing }
    let info = try PDFInfo.read(url, tools, pages: page...page, context)
    guard page <= info.pageCount, let size = info.sizes[page], size.width > 0, size.height > 0 else {
      throw missing
    }
    return size
  }
}
