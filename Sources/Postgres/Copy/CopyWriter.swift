/// Writes rows in the binary format of COPY, a chunk at a time.
struct CopyWriter {
  private let columns: [PostgresType]
  private var writer = BinaryWriter()

  /// How many bytes are collected before they are sent.
  private static let chunk = 64 * 1024

  init(columns: [PostgresType]) {
    self.columns = columns
    writer.bytes = CopyFormat.signature
    writer.write(Int32(0))  // Flags.
    writer.write(Int32(0))  // The length of an extension of the header.
  }

  /// - Throws: ``PostgresError`` of the kind `usage`.
  mutating func write(_ row: [PostgresValue]) throws {
    guard row.count == columns.count else {
      throw PostgresError(
        .usage(.typeMismatch), "a row has \(row.count) values for \(columns.count) columns")
    }
    writer.write(Int16(truncatingIfNeeded: row.count))
    for (value, type) in zip(row, columns) {
      if value.isNull {
        writer.write(Int32(-1))
      } else {
        try writer.writeWithLength { try value.encode(as: type, into: &$0) }
      }
    }
  }

  /// The rows so far, when there are enough of them.
  mutating func takeFullChunk() -> [UInt8]? {
    guard writer.bytes.count >= Self.chunk else { return nil }
    defer { writer.bytes.removeAll(keepingCapacity: true) }
    return writer.bytes
  }

  /// The last chunk.
  consuming func finish() -> [UInt8] {
    writer.write(CopyFormat.end)
    return writer.bytes
  }
}

/// The parts of COPY's binary format that are not rows.
enum CopyFormat {
  static let signature = Array("PGCOPY\n".utf8) + [0xff] + Array("\r\n\0".utf8)
  /// Where the number of a row's fields would be.
  static let end: Int16 = -1
}
