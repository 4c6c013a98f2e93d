/// What the readers of this folder ask of UTF-8 bytes. Bytes above 127 are parts of letters, never white space.
extension UInt8 {
  var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r")
      || self == UInt8(ascii: "\t") || self == 0x0B || self == 0x0C
  }
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isUppercase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  /// Whether the byte begins a Unicode scalar.
  var startsScalar: Bool { self & 0xC0 != 0x80 }
}

extension [UInt8] {
  /// The range without the white space at its ends; `nil` when nothing else is in it.
  func trimmed(_ range: Range<Int>) -> Range<Int>? {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, self[lower].isBlank { lower += 1 }
    while upper > lower, self[upper - 1].isBlank { upper -= 1 }
    return lower < upper ? lower..<upper : nil
  }

  /// Whether the line after the line break at `index` is blank.
  func isBlankLine(after index: Int, upTo limit: Int) -> Bool {
    var next = index + 1
    while next < limit, self[next] != UInt8(ascii: "\n") {
      guard self[next].isBlank else { return false }
      next += 1
    }
    return next < limit
  }

  func starts(with prefix: StaticString, at index: Int) -> Bool {
    guard index + prefix.utf8CodeUnitCount <= count else { return false }
    return prefix.withUTF8Buffer { self[index..<(index + prefix.utf8CodeUnitCount)].elementsEqual($0) }
  }
}
