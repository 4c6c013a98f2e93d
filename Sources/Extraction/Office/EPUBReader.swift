import Foundation
import Graph

/// Reads EPUB books, versions 2 and 3.
enum EPUBReader {
  static func read(_ url: URL, _ context: ExtractionContext) throws(ExtractionError) -> ExtractedText {
    let zip = try ZipFile(url, context)
    guard let container = zip.entry("META-INF/container.xml") else {
      throw .damaged("The book has no table of its parts.")
    }
    let root = EPUBContainerReader()
    try DOCXReader.parse("The description of the book", container, of: zip, to: root, context)
    guard let path = root.path, let entry = zip.entry(path) else {
      throw .damaged("The book has no table of its parts.")
    }
    let package = EPUBPackageReader()
    try DOCXReader.parse("The table of the book's parts", entry, of: zip, to: package, context)
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let chapters = chapters(of: package, in: folder, zip)
    guard !chapters.isEmpty else { throw .damaged("The book names no chapters.") }
    try checkProtection(of: chapters, zip, context)
    let names = try chapterNames(of: package, folder, zip, context)
    var builder = TextBuilder(limits: context.limits)
    for (index, chapter) in chapters.enumerated() {
      try context.advance(to: ExtractionProgress(read: index, total: chapters.count, unit: .parts))
      let bytes = try zip.bytes(of: chapter, limit: context.limits.textFileBytes)
      try add(bytes, named: names[chapter.name], to: &builder, context)
    }
    try context.advance(to: ExtractionProgress(read: chapters.count, total: chapters.count, unit: .parts))
    builder.title = package.title
    return try builder.finish()
  }

  /// In reading order. A chapter that is named again is not read again: the order may lead in circles.
  private static func chapters(
    of package: EPUBPackageReader, in folder: String, _ zip: ZipFile
  ) -> [ZipFile.Entry] {
    var seen: Set<String> = []
    return package.spine.compactMap { id in
      guard let item = package.items[id], item.isPage,
        let path = resolve(item.reference, in: folder), seen.insert(path).inserted
      else { return nil }
      return zip.entry(path)
    }
  }

  /// The chapter's name from the table of contents becomes its heading when it has none of its own.
  private static func add(
    _ bytes: [UInt8], named name: String?, to builder: inout TextBuilder, _ context: ExtractionContext
  ) throws(ExtractionError) {
    let utf8 = try TextDecoder.decodeHTML(bytes, mediaType: nil)
    var chapter = TextBuilder(limits: context.limits)
    try HTMLReader.read(utf8, into: &chapter, context)
    let hasHeading = chapter.blocks.prefix(3).contains { if case .heading = $0.kind { true } else { false } }
    if let name, !name.isEmpty, !hasHeading, !chapter.blocks.isEmpty {
      try builder.append(.heading(level: 1, title: name), name)
    }
    for block in chapter.blocks { try builder.append(block.kind, chapter.bytes[block.range]) }
  }

  /// Fonts may be scrambled in books that are free to read; chapters are only in protected ones.
  private static func checkProtection(
    of chapters: [ZipFile.Entry], _ zip: ZipFile, _ context: ExtractionContext
  ) throws(ExtractionError) {
    guard let entry = zip.entry("META-INF/encryption.xml") else { return }
    let reader = EPUBEncryptionReader()
    try DOCXReader.parse("The description of the book's protection", entry, of: zip, to: reader, context)
    guard chapters.contains(where: { reader.paths.contains($0.name) }) else { return }
    throw ExtractionError(
      .encrypted, "The book is protected by digital rights management; only its shop's program can open it.")
  }

  /// Names of chapters by their files' paths.
  private static func chapterNames(
    of package: EPUBPackageReader, _ folder: String, _ zip: ZipFile, _ context: ExtractionContext
  ) throws(ExtractionError) -> [String: String] {
    guard let item = package.contents, let path = resolve(item.reference, in: folder),
      let entry = zip.entry(path)
    else { return [:] }
    let reader = EPUBContentsReader()
    do throws(ExtractionError) {
      try DOCXReader.parse("The book's table of contents", entry, of: zip, to: reader, context)
    } catch {
      // Names of chapters are welcome, but the book can be read without.
      guard error.code == .damaged else { throw error }
    }
    let own = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var names: [String: String] = [:]
    for (reference, name) in reader.names {
      guard let path = resolve(reference, in: own), names[path] == nil else { continue }
      names[path] = name
    }
    return names
  }

  /// The path in the archive that a reference in a file of `folder` means; `nil` for one that leads out of the book.
  static func resolve(_ reference: String, in folder: String) -> String? {
    let path = reference.prefix { $0 != "#" }
    guard !path.isEmpty, !path.contains("://") else { return nil }
    var parts: [Substring] = []
    for part in (folder + (path.removingPercentEncoding ?? String(path))).split(separator: "/") {
      if part == ".." {
        guard parts.popLast() != nil else { return nil }
      } else if part != "." {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}
