import Crypto
import Foundation
import Graph

/// Turns the bytes of a file into a document and its chunks. It blocks and computes: call it on a thread pool.
struct DocumentReader: Sendable {
  /// A larger file is almost never prose.
  static let maximumBytes = 20_000_000

  let makeID: @Sendable () -> UUID
  let now: @Sendable () -> Date

  struct Result: Sendable {
    let document: Document
    let chunks: [Chunk]
  }

  /// - Returns: `nil` when the file holds nothing but white space.
  /// - Throws: ``IngestionFailure``.
  func read(_ file: IngestionFile) throws -> Result? {
    try document(from: Self.contents(of: file.url), file)
  }

  private func document(from data: Data, _ file: IngestionFile) throws -> Result? {
    let text = try Self.text(data)
    let name = file.url.lastPathComponent
    let format = DocumentFormat(fileName: name) ?? .plainText
    let chunked = format.chunker.chunk(text)
    guard !chunked.pieces.isEmpty else { return nil }
    let id = makeID()
    let chunks = chunked.pieces.enumerated().map { ordinal, piece in
      Chunk(
        id: makeID(), documentID: id, ordinal: ordinal, headings: piece.headings, text: piece.text,
        byteRange: piece.byteRange)
    }
    let document = Document(
      id: id, title: chunked.title ?? name, source: file.source, mediaType: format.mediaType,
      contentHash: Self.hash(data), byteCount: data.count, chunkCount: chunks.count, createdAt: now())
    return Result(document: document, chunks: chunks)
  }

  static func contents(of url: URL) throws -> Data {
    do {
      let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      guard size <= maximumBytes else {
        throw IngestionFailure(reason: "is larger than \(maximumBytes / 1_000_000) MB")
      }
      return try Data(contentsOf: url)
    } catch let failure as IngestionFailure {
      throw failure
    } catch {
      throw IngestionFailure(reason: "cannot be read; check that it is there and its permissions")
    }
  }

  /// SHA-256 in lower-case hexadecimal.
  static func hash(_ data: Data) -> String {
    SHA256.hash(data: data).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// - Throws: ``IngestionFailure`` when the bytes are not text.
  static func text(_ data: Data) throws -> String {
    // Text holds no NUL, and almost every binary format does.
    guard !data.contains(0) else {
      throw IngestionFailure(reason: "is not a text file; Rill reads text and Markdown")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw IngestionFailure(reason: "is not valid UTF-8; save it as UTF-8 and try again")
    }
    return text
  }
}
