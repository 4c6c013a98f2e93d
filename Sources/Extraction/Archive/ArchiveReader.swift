public import Foundation

/// A document inside an archive.
public struct ArchiveEntry: Sendable, Hashable {
  /// Relative, with slashes, and safe to append to a folder's or another file's name.
  public let path: String
  /// As the archive says.
  public let byteCount: Int
  fileprivate let index: Int
}

/// The documents in a ZIP archive, one by one. It blocks; use it on one thread of a thread pool.
public final class ArchiveReader {
  /// What can be unpacked, in the archive's order.
  public let entries: [ArchiveEntry]
  /// What is left out though a user would look for it, and why.
  public let skipped: [(path: String, error: ExtractionError)]
  private let zip: ZipFile

  /// - Parameter depth: how many archives this one is inside.
  /// - Throws: ``ExtractionError``: `.tooDeep`, `.tooLarge`, `.damaged`, `.encrypted` when everything in it is,
  ///   `.noText` when nothing is in it, `.unreadable`.
  public init(
    url: URL, limits: ExtractionLimits = ExtractionLimits(), depth: Int = 0,
    now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) throws(ExtractionError) {
    guard depth < limits.archiveDepth else {
      throw ExtractionError(
        .tooDeep,
        "The archive is inside \(depth) other archives, which is deeper than is looked. Unpack it and add its files."
      )
    }
    let size = try FileBytes.head(of: url, count: 0).size
    guard size <= limits.fileBytes else { throw .tooLarge(limits.fileBytes) }
    zip = try ZipFile(url, ExtractionContext(limits: limits, now: now))
    var entries: [ArchiveEntry] = []
    var skipped: [(String, ExtractionError)] = []
    var paths: Set<String> = []
    for (index, entry) in zip.entries.enumerated() where !entry.isFolder {
      do throws(ExtractionError) {
        guard let path = try Self.path(entry) else { continue }
        guard paths.insert(path).inserted else {
          throw ExtractionError(.damaged, "The archive holds two files of this name; the first was read.")
        }
        entries.append(ArchiveEntry(path: path, byteCount: entry.byteCount, index: index))
      } catch {
        skipped.append((Self.printable(entry.name), error))
      }
    }
    self.entries = entries
    self.skipped = skipped
    if entries.isEmpty {
      throw skipped.first?.1 ?? ExtractionError(.noText, "The archive holds no files.")
    }
  }

  /// Writes an entry to a file, which must not exist.
  /// - Throws: ``ExtractionError``; the file is gone then.
  public func unpack(_ entry: ArchiveEntry, to url: URL) throws(ExtractionError) {
    guard FileManager.default.createFile(atPath: url.path, contents: nil),
      let handle = try? FileHandle(forWritingTo: url)
    else { throw Self.cannotWrite }
    defer { try? handle.close() }
    do throws(ExtractionError) {
      try zip.read(zip.entries[entry.index]) { chunk throws(ExtractionError) in
        do {
          try handle.write(contentsOf: Data(chunk))
        } catch {
          throw Self.cannotWrite
        }
      }
    } catch {
      try? FileManager.default.removeItem(at: url)
      throw error
    }
  }

  private static var cannotWrite: ExtractionError {
    ExtractionError(
      .unreadable,
      "A file of the archive cannot be unpacked to this computer's disk. Check that there is room on it.")
  }

  /// - Returns: `nil` for what systems add to archives on their own.
  private static func path(_ entry: ZipFile.Entry) throws(ExtractionError) -> String? {
    let parts = entry.name.replacing("\\", with: "/").split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0 == "__MACOSX" || $0.hasPrefix(".") && $0 != "." && $0 != ".." }) {
      return nil
    }
    let isUnsafe = parts.contains { part in
      part.isEmpty || part == "." || part == ".." || part.hasSuffix(":")
        || part.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{FFFD}" }
    }
    guard !isUnsafe, entry.name.utf8.count <= 1_000 else {
      throw ExtractionError(
        .damaged,
        "The name of this file in the archive leads out of it or holds control characters. It was left out.")
    }
    guard !entry.isLink else {
      throw ExtractionError(
        .unsupportedFormat, "This is a link to another file, which is not followed. It was left out.")
    }
    guard !entry.isEncrypted else { throw .encrypted }
    return parts.joined(separator: "/")
  }

  /// For messages: control characters are shown as question marks.
  private static func printable(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.unicodeScalars.prefix(300).map {
          $0.properties.generalCategory == .control ? "?" : $0
        }))
  }
}
