import CZip
import Foundation

/// A ZIP archive that is open for reading, with the limits that keep it from filling memory or disk. Used by one thread.
final class ZipFile {
  struct Entry {
    let index: UInt64
    let name: String
    /// As the archive says; only reading tells.
    let byteCount: Int
    let packedByteCount: Int
    let isEncrypted: Bool
    let isLink: Bool
    var isFolder: Bool { name.hasSuffix("/") }
  }

  let entries: [Entry]
  private let archive: OpaquePointer
  private let context: ExtractionContext
  private let indices: [String: Int]
  private var unpacked = 0

  /// - Throws: `.damaged`, `.tooLarge`, `.unreadable`.
  init(_ url: URL, _ context: ExtractionContext) throws(ExtractionError) {
    try Self.checkCount(url, context.limits)
    var code: CInt = 0
    guard let archive = zip_open(url.path, ZIP_RDONLY, &code) else {
      guard code == ZIP_ER_NOENT || code == ZIP_ER_OPEN || code == ZIP_ER_READ else {
        throw .damaged("The archive is cut off or damaged.")
      }
      throw .unreadable
    }
    var entries: [Entry] = []
    for index in 0..<UInt64(max(0, zip_get_num_entries(archive, 0))) {
      if let entry = Self.entry(of: archive, at: index) { entries.append(entry) }
    }
    self.archive = archive
    self.context = context
    self.entries = entries
    indices = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
    guard entries.count <= context.limits.archiveEntries else { throw .tooManyEntries(context.limits) }
  }

  deinit {
    zip_discard(archive)
  }

  func contains(_ name: String) -> Bool { indices[name] != nil }
  func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// Unpacks an entry piece by piece.
  /// - Throws: `.encrypted`, `.damaged`, `.tooLarge` for one that grows suspiciously, and what `body` throws.
  func read(
    _ entry: Entry, _ body: (UnsafeRawBufferPointer) throws(ExtractionError) -> Void
  ) throws(ExtractionError) {
    let stream = try open(entry)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let size = try stream.read(into: chunk)
      guard size > 0 else { return }
      try body(UnsafeRawBufferPointer(rebasing: chunk[..<size]))
    }
  }

  /// - Parameter limit: how large the content may be.
  func bytes(of entry: Entry, limit: Int) throws(ExtractionError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(entry) { chunk throws(ExtractionError) in
      guard bytes.count + chunk.count <= limit else { throw .tooLarge(limit) }
      bytes.append(contentsOf: chunk)
    }
    return bytes
  }

  func open(_ entry: Entry) throws(ExtractionError) -> ZipStream {
    guard !entry.isEncrypted else { throw .encrypted }
    guard let file = zip_fopen_index(archive, entry.index, 0) else {
      let code = zip_error_code_zip(zip_get_error(archive))
      if code == ZIP_ER_NOPASSWD || code == ZIP_ER_WRONGPASSWD { throw .encrypted }
      if code == ZIP_ER_COMPNOTSUPP || code == ZIP_ER_ENCRNOTSUPP {
        throw ExtractionError(
          .unsupportedFormat,
          "The archive is packed in a way that is not known here. Pack it as an ordinary ZIP.")
      }
      throw .damaged("The archive is cut off or damaged.")
    }
    return ZipStream(file: file, owner: self, entry: entry)
  }

  /// Counts what is unpacked.
  fileprivate func count(_ bytes: Int, of entry: Entry, soFar: Int) throws(ExtractionError) {
    unpacked += bytes
    let limits = context.limits
    try context.check()
    let isBomb =
      soFar > limits.unsuspiciousBytes && soFar > max(1, entry.packedByteCount) * limits.compressionRatio
    guard !isBomb else {
      throw ExtractionError(
        .tooLarge,
        "Unpacked, the file is more than \(limits.compressionRatio) times as large as packed. "
          + "It was probably made to overload programs; it was not read further.")
    }
    guard unpacked <= limits.unpackedBytes else {
      throw ExtractionError(
        .tooLarge,
        "Unpacked, the file is larger than \(ExtractionError.megabytes(limits.unpackedBytes)). "
          + "Split it into smaller files and add those.")
    }
  }

  private static func entry(of archive: OpaquePointer, at index: UInt64) -> Entry? {
    var status = zip_stat_t()
    guard zip_stat_index(archive, index, 0, &status) == 0, let name = status.name else { return nil }
    var system: UInt8 = 0
    var attributes: UInt32 = 0
    zip_file_get_external_attributes(archive, index, 0, &system, &attributes)
    // The upper half is a Unix mode.
    let isLink = system == UInt8(ZIP_OPSYS_UNIX) && (attributes >> 16) & 0o170000 == 0o120000
    return Entry(
      index: index, name: self.name(of: archive, at: index) ?? String(cString: name),
      byteCount: Int(clamping: status.size),
      packedByteCount: Int(clamping: status.comp_size), isEncrypted: status.encryption_method != 0,
      isLink: isLink)
  }

  /// The name as it stands when it holds control characters, which libzip takes for the signs that old systems drew in their
  /// place; otherwise `nil`.
  private static func name(of archive: OpaquePointer, at index: UInt64) -> String? {
    guard let name = zip_get_name(archive, index, ZIP_FL_ENC_RAW) else { return nil }
    let raw = String(cString: name)
    return raw.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? raw : nil
  }

  /// Looks at the count at the end of the archive before the whole list is read into memory.
  private static func checkCount(_ url: URL, _ limits: ExtractionLimits) throws(ExtractionError) {
    let tail = try FileBytes.tail(of: url, count: 65_557)
    guard let end = tail.lastIndex(of: [0x50, 0x4B, 0x05, 0x06]), end + 12 <= tail.count else { return }
    let count = Int(tail[end + 10]) | Int(tail[end + 11]) << 8
    guard count <= limits.archiveEntries else { throw .tooManyEntries(limits) }
  }
}

/// One entry of an archive while it is unpacked.
final class ZipStream {
  private let file: OpaquePointer
  private let owner: ZipFile
  private let entry: ZipFile.Entry
  private var total = 0

  fileprivate init(file: OpaquePointer, owner: ZipFile, entry: ZipFile.Entry) {
    self.file = file
    self.owner = owner
    self.entry = entry
  }

  deinit {
    zip_fclose(file)
  }

  /// - Returns: how many bytes were written, 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int {
    let size = Int(zip_fread(file, buffer.baseAddress, UInt64(buffer.count)))
    guard size >= 0 else { throw .damaged("The archive is cut off or damaged.") }
    total += size
    try owner.count(size, of: entry, soFar: total)
    return size
  }
}

extension ExtractionError {
  fileprivate static func tooManyEntries(_ limits: ExtractionLimits) -> ExtractionError {
    ExtractionError(
      .tooLarge, "The archive holds more than \(limits.archiveEntries) files. Split it into smaller ones.")
  }
}

extension [UInt8] {
  fileprivate func lastIndex(of mark: [UInt8]) -> Int? {
    guard count >= mark.count else { return nil }
    return (0...(count - mark.count)).last { self[$0..<($0 + mark.count)].elementsEqual(mark) }
  }
}
