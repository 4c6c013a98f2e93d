/// Reads rows in the binary format of COPY from the chunks that the server sends.
struct CopyReader {
  private let columns: [PostgresType]
  private var bytes: [UInt8] = []
  private var position = 0
  private var hasHeader = false

  init(columns: [PostgresType]) {
    self.columns = columns
  }

  mutating func append(_ chunk: [UInt8]) {
    // The server's messages end with rows, so that as a rule nothing is left over.
    if position == bytes.count { bytes = chunk } else { bytes = Array(bytes[position...]) + chunk }
    position = 0
  }

  /// - Returns: `nil` when the chunk holds no further whole row.
  /// - Throws: ``PostgresError`` of the kind `decoding` when these are no rows of these columns.
  mutating func next() throws -> CopiedRow? {
    guard try readHeader(), let count = integer(at: position) as Int16? else { return nil }
    if count == CopyFormat.end { return nil }
    guard count == columns.count else { throw Self.malformed }
    var (fields, at): ([Range<Int>?], Int) = ([], position + 2)
    fields.reserveCapacity(columns.count)
    for _ in columns {
      guard let length = integer(at: at) as Int32? else { return nil }
      at += 4
      guard length >= 0 else {
        fields.append(nil)
        continue
      }
      guard at + Int(length) <= bytes.count else { return nil }
      fields.append(at..<at + Int(length))
      at += Int(length)
    }
    position = at
    return CopiedRow(bytes: bytes, fields: fields, types: columns)
  }

  private mutating func readHeader() throws -> Bool {
    if hasHeader { return true }
    let start = CopyFormat.signature.count
    guard bytes.count >= start + 8 else { return false }
    guard bytes.starts(with: CopyFormat.signature), let more = integer(at: start + 4) as Int32?, more == 0
    else {
      throw Self.malformed
    }
    position = start + 8
    hasHeader = true
    return true
  }

  private func integer<Value: FixedWidthInteger>(at offset: Int) -> Value? {
    guard offset + MemoryLayout<Value>.size <= bytes.count else { return nil }
    return bytes.withUnsafeBytes {
      Value(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }

  private static var malformed: PostgresError {
    PostgresError(.decoding, "the copied rows have other columns than were named")
  }
}
