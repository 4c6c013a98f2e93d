import Extraction
import Foundation
import Graph

struct TextExtractor: Sendable {
  func extract(_ source: ExtractionSource, progress: (ExtractionProgress) throws -> Void) throws(ExtractionError) -> ExtractedText {
    guard let data = try? Data(contentsOf: source.url) else { throw ExtractionError(.unreadable, "Gone.") }
    guard let text = String(validating: data, as: UTF8.self), !text.contains("\0") else { throw ExtractionError(.notText, "This is not text.") }
    guard !text.allSatisfy({ $0.isWhitespace || $0 == "\u{FEFF}" }) else { throw ExtractionError(.noText, "There is no text in it.") }
    do { try progress(.init(read: 1, total: 1, unit: .pages)) } catch { throw ExtractionError(.cancelled, "") }
    return DocumentFormat(fileName: source.name) == .markdown ? .markdown(text) : .plainText(text)
  }
}

struct PDFRectangle: Sendable { var x, y, width, height: Double }
struct PDFPages: Sendable {
  let url: URL
  func png(page: Int, width: Int) throws -> Data { Data() }
  func size(page: Int) throws -> (width: Double, height: Double) { (1, 1) }
  func highlight(_ passage: String, page: Int) throws -> [PDFRectangle] { [] }
}
