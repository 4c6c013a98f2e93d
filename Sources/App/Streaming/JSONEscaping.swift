/// How bytes stand in a JSON string (RFC 8259, section 7).
enum JSONEscaping {
  private static let digits: StaticString = "0123456789abcdef"

  /// Whether a byte of UTF-8 stands for itself.
  @inline(__always) static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x22 && byte != 0x5C && byte != 0x7F
  }

  /// Bytes of a text once it is escaped.
  static func escapedLength(of text: UnsafeBufferPointer<UInt8>) -> Int {
    var length = text.count
    for byte in text where !isPlain(byte) { length += shortEscape(byte) == nil ? 5 : 1 }
    return length
  }

  /// Writes the escape of a byte that is not plain.
  /// - Parameter memory: for 6 bytes.
  /// - Returns: how many were written.
  static func write(_ byte: UInt8, to memory: UnsafeMutablePointer<UInt8>) -> Int {
    memory[0] = UInt8(ascii: "\\")
    if let letter = shortEscape(byte) {
      memory[1] = letter
      return 2
    }
    memory[1] = UInt8(ascii: "u")
    memory[2] = UInt8(ascii: "0")
    memory[3] = UInt8(ascii: "0")
    memory[4] = digits.utf8Start[Int(byte >> 4)]
    memory[5] = digits.utf8Start[Int(byte & 0xF)]
    return 6
  }

  private static func shortEscape(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x22: UInt8(ascii: "\"")
    case 0x5C: UInt8(ascii: "\\")
    case 0x0A: UInt8(ascii: "n")
    case 0x0D: UInt8(ascii: "r")
    case 0x09: UInt8(ascii: "t")
    default: nil
    }
  }
}
