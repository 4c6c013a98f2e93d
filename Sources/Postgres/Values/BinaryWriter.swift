import Foundation

/// Bytes in the order of the network, as PostgreSQL's binary formats have them.
struct BinaryWriter {
  var bytes: [UInt8] = []

  mutating func write<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ value: Double) { write(value.bitPattern) }
  mutating func write(_ value: Float) { write(value.bitPattern) }
  mutating func write(_ value: UUID) { withUnsafeBytes(of: value.uuid) { bytes.append(contentsOf: $0) } }

  mutating func write(_ value: String) throws {
    var value = value
    let isWhole = value.withUTF8 { text in
      guard let start = text.baseAddress, !text.isEmpty else { return true }
      guard memchr(start, 0, text.count) == nil else { return false }
      bytes.append(contentsOf: text)
      return true
    }
    guard isWhole else {
      throw PostgresError(
        .usage(.nulInText), "a text holds the character U+0000, which PostgreSQL cannot store")
    }
  }

  /// Writes the number of bytes that `body` writes, then those bytes.
  mutating func writeWithLength(_ body: (inout BinaryWriter) throws -> Void) throws {
    let start = bytes.count
    write(Int32(0))
    try body(&self)
    let length = bytes.count - start - 4
    guard length <= Self.largestValue else { throw Self.tooLarge }
    withUnsafeBytes(of: Int32(length).bigEndian) { length in
      bytes.replaceSubrange(start..<start + 4, with: length)
    }
  }

  /// The server allocates no value that is larger.
  static let largestValue = 0x3fff_ffff

  static var tooLarge: PostgresError {
    PostgresError(.usage(.valueTooLarge), "a value is larger than 1 GiB, which PostgreSQL cannot store")
  }
}
