import Extraction
import Foundation
import NIOCore

/// Writes the files of one upload to the disk. Used by one task.
final class UploadSink {
  /// How many bytes are collected before they are written.
  private static let pieceSize = 256 * 1_024

  private let services: KnowledgeServices
  private var files: [DocumentIntake.Incoming] = []
  private var result = DocumentIntake.Result()
  private var writer: OriginalWriter?
  private var piece: [UInt8] = []
  private var source = ""
  private var mediaType: String?
  /// Of the file that is being written, or was written last.
  private(set) var byteCount = 0

  init(services: KnowledgeServices) {
    self.services = services
  }

  // MARK: Parts of a form

  /// - Throws: ``OriginalFileError/diskFull`` and the like. What is wrong with one file is noted, and the others go on.
  func receive(_ event: MultipartParser.Event, folder: String) async throws {
    switch event {
    case .begin(let headers): try await begin(headers, folder: folder)
    case .data(let bytes):
      guard writer != nil else { return }
      do {
        try await write(bytes)
      } catch OriginalFileError.tooLarge(let limit) {
        await failCurrent(OriginalFileError.tooLarge(limit: limit).failure)
      }
    case .end:
      guard writer != nil else { return }
      do {
        try await end()
      } catch OriginalFileError.tooLarge(let limit) {
        await failCurrent(OriginalFileError.tooLarge(limit: limit).failure)
      }
    }
  }

  private func begin(_ headers: MultipartHeaders, folder: String) async throws {
    // A field without a file name is no file, and one with an empty name is how browsers send a chooser left alone.
    guard let name = headers.fileName, !name.isEmpty else { return }
    do {
      let source = try SourceName.make(name, folder: folder)
      guard !SourceName.isHidden(source) else { throw IngestionFailure.hidden }
      guard
        DocumentFormat(fileName: source.lastPart) != nil
          || headers.contentType.flatMap({ DocumentFormat(mediaType: $0) }) != nil
      else { throw IngestionFailure.unsupported }
      try await begin(source: source, mediaType: headers.contentType)
    } catch let failure as IngestionFailure {
      result.fail(name, failure)
    }
  }

  private func failCurrent(_ failure: IngestionFailure) async {
    result.fail(source, failure)
    await discard()
  }

  // MARK: One file

  func begin(source: String, mediaType: String?) async throws {
    writer = try await services.originals.begin(limit: services.intake.limit)
    self.source = source
    self.mediaType = mediaType
    byteCount = 0
  }

  func write(_ bytes: some Collection<UInt8>) async throws {
    piece.append(contentsOf: bytes)
    byteCount += bytes.count
    if piece.count >= Self.pieceSize { try await flush() }
  }

  func end() async throws {
    try await flush()
    guard let writer else { return }
    let original = try await services.originals.finish(writer)
    self.writer = nil
    files.append(.init(original: original, source: source, mediaType: mediaType))
  }

  private func flush() async throws {
    guard let writer, !piece.isEmpty else { return }
    let bytes = piece
    piece.removeAll(keepingCapacity: true)
    try await services.originals.write(bytes, to: writer)
  }

  private func discard() async {
    piece.removeAll()
    guard let writer else { return }
    self.writer = nil
    await services.originals.discard(writer)
  }

  // MARK: All of them

  /// Puts what was written into the queue.
  func take() async throws -> DocumentIntake.Result {
    let files = files
    self.files = []
    var taken = try await services.intake.take(files)
    taken.failures = result.failures + taken.failures
    return taken
  }

  /// Removes what was written: the client has gone, or has sent what cannot be read.
  func abandon() async {
    await discard()
    for file in files { await services.intake.abandon(file) }
    files = []
  }
}

extension IngestionFailure {
  static let unsupported = IngestionFailure(
    "unsupported_format",
    "Rill does not read files of this kind. It reads text, Markdown, HTML, PDF, DOCX, EPUB, CSV, source code, and "
      + "ZIP archives of these.")
}
