import Crypto
import Extraction
import Foundation
import Graph

/// Reads a file and cuts it: everything that the knowledge base stores of it. It blocks and computes: call it on a thread
/// pool.
struct DocumentBuilder: Sendable {
  struct Result: Sendable {
    var document: Document
    var text: ExtractedText
    var chunks: [Chunk]
  }

  var extractor = TextExtractor()
  /// Of the embedding model, so that it reads every chunk to its end.
  var counter: any TokenCounter = ApproximateTokenCounter()
  var now: @Sendable () -> Date = { Date() }

  /// - Parameters:
  ///   - file: the original.
  ///   - report: called as pages are read, and every fraction of a second; throws to end the reading.
  /// - Throws: ``IngestionFailure``, or `CancellationError` when `report` has thrown.
  func build(
    _ job: IngestionJob, file: URL, report: (DocumentState.Progress) throws -> Void = { _ in }
  ) throws -> Result {
    let name = job.source.split(separator: "/").last.map(String.init) ?? job.source
    let source = ExtractionSource(url: file, name: name, mediaType: job.mediaType)
    do {
      let text = try extractor.extract(source) { progress in
        try report(
          .init(done: progress.read, total: progress.total, unit: progress.unit == .pages ? "pages" : "parts")
        )
      }
      let format = try DocumentFormat.detect(source)
      return result(job, name: name, text: text, mediaType: format.mediaType)
    } catch {
      if error.code == .cancelled { throw CancellationError() }
      throw IngestionFailure(error)
    }
  }

  private func result(
    _ job: IngestionJob, name: String, text: ExtractedText, mediaType: String
  ) -> Result {
    let pieces = StructuredChunker(counter: counter).chunk(text)
    var occurrences: [String: Int] = [:]
    let chunks = pieces.enumerated().map { ordinal, piece in
      let occurrence = occurrences[piece.text, default: 0]
      occurrences[piece.text] = occurrence + 1
      return Chunk(
        id: StableID.chunk(of: job.documentID, text: piece.text, occurrence: occurrence),
        documentID: job.documentID, ordinal: ordinal, headings: piece.headings, text: piece.text,
        byteRange: piece.byteRange, page: piece.page)
    }
    let title = text.title.flatMap { $0.isEmpty ? nil : $0 } ?? name
    let document = Document(
      id: job.documentID, title: title, source: job.source, mediaType: mediaType,
      contentHash: job.contentHash, byteCount: job.byteCount, chunkCount: chunks.count,
      pageCount: text.pages.isEmpty ? nil : text.pages.count, createdAt: now())
    return Result(document: document, text: text, chunks: chunks)
  }
}

/// Ids that follow from what they name, so that the same thing has the same id wherever and whenever it is read.
enum StableID {
  /// Of a document that is new under its source. Two uploads of one name at once are one document.
  static func document(source: String) -> UUID {
    uuid(of: Array("document\0\(source)".utf8))
  }

  /// - Parameter occurrence: how many times the same text stands earlier in the document. An unchanged chunk of a changed
  ///   document keeps its id, and with it its vectors and the citations of it.
  static func chunk(of document: UUID, text: String, occurrence: Int) -> UUID {
    uuid(of: Array("chunk\0\(document.wireString)\0\(occurrence)\0\(text)".utf8))
  }

  /// RFC 9562, version 8: the first bytes of a SHA-256.
  private static func uuid(of bytes: [UInt8]) -> UUID {
    var digest = Array(SHA256.hash(data: bytes).prefix(16))
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(
      uuid: (
        digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7], digest[8],
        digest[9], digest[10], digest[11], digest[12], digest[13], digest[14], digest[15]
      ))
  }
}
