/// Reads one JSON text in place, without building a tree.
///
/// A chunk of a stream is some hundred bytes of which a dozen matter. Reading just those takes about a tenth
/// of the time of a general decoder, and happens for every token of every stream. Source of the grammar: RFC
/// 8259.
struct JSONCursor {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// Containers that are open. Bounded, so that a hostile text cannot exhaust the stack.
  private var depth = 0

  private static let depthLimit = 128

  /// - Parameter bytes: must stay valid for as long as the cursor is used.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// The kind of the next value.
  enum Kind { case object, array, string, number, literal }

  mutating func kind() throws -> Kind {
    switch try peek() {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): .literal
    default: throw JSONCursorError()
    }
  }

  /// Reads an object; `member` must read or skip the value of every key it is given.
  mutating func readObject(_ member: (inout JSONCursor, JSONKey) throws -> Void) throws {
    try open(UInt8(ascii: "{"))
    if try skipIf(UInt8(ascii: "}")) { return close() }
    repeat {
      let key = try scanString()
      try expect(UInt8(ascii: ":"))
      try member(&self, JSONKey(bytes: key.bytes))
    } while try skipIf(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
    close()
  }

  /// Reads an array; `element` must read or skip every element.
  mutating func readArray(_ element: (inout JSONCursor, Int) throws -> Void) throws {
    try open(UInt8(ascii: "["))
    if try skipIf(UInt8(ascii: "]")) { return close() }
    var index = 0
    repeat {
      try element(&self, index)
      index += 1
    } while try skipIf(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
    close()
  }

  /// The next value when it is a string; `nil`, and skipped, when it is anything else.
  mutating func readString() throws -> String? {
    guard try kind() == .string else {
      try skip()
      return nil
    }
    let (text, hasEscapes) = try scanString()
    return hasEscapes ? try Self.unescape(text) : String(decoding: text, as: UTF8.self)
  }

  /// The next value when it is an integer; `nil`, and skipped, when it is anything else.
  mutating func readInt() throws -> Int? {
    guard try kind() == .number else {
      try skip()
      return nil
    }
    return Int(String(decoding: scanScalar(), as: UTF8.self))
  }

  /// The next value when it is a number; `nil`, and skipped, when it is anything else.
  mutating func readFloat() throws -> Float? {
    guard try kind() == .number else {
      try skip()
      return nil
    }
    return Float(String(decoding: scanScalar(), as: UTF8.self))
  }

  /// Reads past the next value.
  mutating func skip() throws {
    switch try kind() {
    case .object: try readObject { cursor, _ in try cursor.skip() }
    case .array: try readArray { cursor, _ in try cursor.skip() }
    case .string: _ = try scanString()
    case .number: _ = scanScalar()
    case .literal:
      switch JSONKey(bytes: scanScalar()) {
      case "true", "false", "null": break
      default: throw JSONCursorError()
      }
    }
  }

  /// Reads past the next value, and tells where in the text it stands.
  mutating func skipped() throws -> Range<Int> {
    _ = try peek()
    let start = position
    try skip()
    return start..<position
  }

  /// Makes sure that nothing follows the value.
  mutating func expectEnd() throws {
    skipSpace()
    guard position == bytes.count else { throw JSONCursorError() }
  }

  // MARK: Scanning

  private mutating func open(_ byte: UInt8) throws {
    try expect(byte)
    depth += 1
    guard depth <= Self.depthLimit else { throw JSONCursorError() }
  }

  private mutating func close() { depth -= 1 }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func peek() throws -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw JSONCursorError() }
    return bytes[position]
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard try peek() == byte else { throw JSONCursorError() }
    position += 1
  }

  private mutating func skipIf(_ byte: UInt8) throws -> Bool {
    guard try peek() == byte else { return false }
    position += 1
    return true
  }

  /// A string's bytes as they stand between the quotes.
  private mutating func scanString() throws -> (bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
    try expect(UInt8(ascii: "\""))
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return (UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1]), hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 2
      default: position += 1
      }
    }
    throw JSONCursorError()
  }

  private mutating func scanScalar() -> UnsafeRawBufferPointer {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09:
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
      default: position += 1
      }
    }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }
}

/// A key of an object, compared without making a string of it.
struct JSONKey {
  fileprivate let bytes: UnsafeRawBufferPointer

  /// The key itself, where keys are data.
  func text() throws -> String { try JSONCursor.unescape(bytes) }

  /// Its bytes, which are nearly always the ones that stand in the text.
  func utf8() throws -> [UInt8] {
    bytes.contains(UInt8(ascii: "\\")) ? Array(try text().utf8) : Array(bytes)
  }

  static func ~= (name: StaticString, key: JSONKey) -> Bool {
    guard key.bytes.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<key.bytes.count where key.bytes[index] != name.utf8Start[index] { return false }
    return true
  }
}

/// The text is not JSON.
struct JSONCursorError: Error {}

extension JSONCursor {
  /// A string's value. A lone surrogate becomes U+FFFD, because Swift's strings cannot hold one.
  fileprivate static func unescape(_ text: UnsafeRawBufferPointer) throws -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      let byte = text[position]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        position += 1
        continue
      }
      guard position + 1 < text.count else { throw JSONCursorError() }
      let escape = text[position + 1]
      position += 2
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
      case UInt8(ascii: "u"):
        let scalar = try readUnicodeEscape(text, &position)
        result.append(contentsOf: String(Character(scalar)).utf8)
      default: throw JSONCursorError()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Reads the four digits after `\u`, and the second half of a surrogate pair.
  private static func readUnicodeEscape(
    _ text: UnsafeRawBufferPointer, _ position: inout Int
  ) throws -> Unicode.Scalar {
    let first = try readHex(text, &position)
    guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
      text[position + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    var next = position + 2
    let second = try readHex(text, &next)
    guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
    position = next
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private static func readHex(_ text: UnsafeRawBufferPointer, _ position: inout Int) throws -> UInt32 {
    guard position + 4 <= text.count else { throw JSONCursorError() }
    var value: UInt32 = 0
    for byte in text[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw JSONCursorError() }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
