/// The text of one block as it comes in, with white space collapsed as browsers do.
struct InlineText {
  private(set) var bytes: [UInt8] = []
  private var isSpacePending = false

  var isEmpty: Bool { bytes.isEmpty }
  var endsWithLineBreak: Bool { bytes.last == UInt8(ascii: "\n") }

  /// Adds text whose white space means one space, however much it is.
  mutating func append(collapsing utf8: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < utf8.count {
      let byte = utf8[index]
      if byte.isWhiteSpace {
        isSpacePending = true
      } else if byte == 0xC2, index + 1 < utf8.count, utf8[index + 1] == 0xA0 {
        // A space at which no line breaks is a space.
        isSpacePending = true
        index += 1
      } else if byte == 0xC2, index + 1 < utf8.count, utf8[index + 1] == 0xAD {
        // A soft hyphen is no part of its word.
        index += 1
      } else {
        if isSpacePending { separate() }
        bytes.append(byte)
      }
      index += 1
    }
  }

  /// Adds text as it stands.
  mutating func append(exactly utf8: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: utf8)
  }

  mutating func breakLine() {
    isSpacePending = false
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func addSpace() { isSpacePending = true }

  mutating func take() -> [UInt8] {
    defer { bytes = [] }
    isSpacePending = false
    while bytes.last?.isWhiteSpace == true { bytes.removeLast() }
    return bytes
  }

  private mutating func separate() {
    isSpacePending = false
    if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: " ")) }
  }
}
