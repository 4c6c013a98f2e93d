import Extraction
import Foundation

/// Makes a file of each entry of a ZIP archive. It blocks: call it on a thread pool.
struct ArchiveIntake: Sendable {
  let originals: OriginalFiles
  let limit: Int

  struct Contents: Sendable {
    /// Pinned in ``OriginalFiles``.
    var files: [DocumentIntake.Incoming] = []
    var failures: [(source: String, failure: IngestionFailure)] = []
  }

  /// - Throws: ``IngestionFailure`` when the archive itself cannot be read, ``OriginalFileError`` when the disk is full.
  func unpack(_ archive: DocumentIntake.Incoming) throws -> Contents {
    var contents = Contents()
    do {
      let url = originals.url(contentHash: archive.original.contentHash)
      try unpack(url, source: archive.source, depth: 0, to: &contents)
    } catch {
      for file in contents.files { originals.release(file.original.contentHash) }
      throw error
    }
    return contents
  }

  private func unpack(_ archive: URL, source: String, depth: Int, to contents: inout Contents) throws {
    let reader: ArchiveReader
    do {
      reader = try ArchiveReader(url: archive, depth: depth)
    } catch {
      throw IngestionFailure(error)
    }
    for (path, error) in reader.skipped {
      contents.failures.append((source + "/" + path, IngestionFailure(error)))
    }
    for entry in reader.entries {
      do {
        try add(entry, of: reader, source: source, depth: depth, to: &contents)
      } catch let failure as IngestionFailure {
        contents.failures.append((source + "/" + entry.path, failure))
      }
    }
  }

  private func add(
    _ entry: ArchiveEntry, of reader: ArchiveReader, source: String, depth: Int, to contents: inout Contents
  ) throws {
    let source = source + "/" + (try SourceName.make(entry.path))
    let unpacked = originals.incoming.appending(path: "\(getpid())-\(UUID().wireString)")
    defer { unlink(unpacked.path) }
    // As in a folder, a file that its name says nothing of is not read.
    guard DocumentFormat(fileName: source.lastPart) != nil else { throw IngestionFailure.unsupported }
    do {
      try reader.unpack(entry, to: unpacked)
      let format = try DocumentFormat.detect(
        ExtractionSource(url: unpacked, name: source.lastPart, mediaType: nil))
      if format == .zip {
        return try unpack(unpacked, source: source, depth: depth + 1, to: &contents)
      }
    } catch let error as ExtractionError {
      throw IngestionFailure(error)
    }
    let original: StoredOriginal
    do {
      original = try originals.copyBlocking(unpacked, limit: limit)
    } catch OriginalFileError.tooLarge(let limit) {
      throw OriginalFileError.tooLarge(limit: limit).failure
    }
    contents.files.append(.init(original: original, source: source))
  }
}
