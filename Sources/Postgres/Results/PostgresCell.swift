/// One value of a result while it is being decoded.
public struct PostgresCell {
  /// The server's binary format of the type; `nil` is NULL. Not valid after decoding has ended.
  let bytes: UnsafeRawBufferPointer?
  /// The server's number of the type.
  let type: UInt32
  let column: String

  /// The bytes.
  ///
  /// - Throws: ``PostgresError`` of the kind `decoding` when the value is NULL.
  func notNull() throws -> BinaryReader {
    guard let bytes else { throw PostgresError(.decoding, "the column \(column) is NULL") }
    return BinaryReader(bytes)
  }

  /// The error for a column that holds something else than what was asked for.
  func mismatch<Value>(_ wanted: Value.Type) -> PostgresError {
    PostgresError(
      .decoding,
      "the column \(column) of the type with the number \(type) is no \(wanted); a cast in the statement helps"
    )
  }
}

/// Reads bytes in the order of the network.
struct BinaryReader {
  private(set) var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = bytes
  }

  /// - Throws: ``PostgresError`` of the kind `decoding` when the bytes end too early.
  mutating func read<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws -> Value {
    Value(bigEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
  }

  mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count >= 0, count <= rest.count else { throw PostgresError(.decoding, "a value ends too early") }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<count])
  }
}
