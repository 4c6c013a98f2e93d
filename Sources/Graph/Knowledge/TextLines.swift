/// One line of a text.
struct TextLine: Sendable, Hashable {
  /// The line without its break, in bytes of the text.
  let range: Range<Int>
  /// Where the next line begins.
  let next: Int
}

extension [UInt8] {
  /// The lines of a range; LF, CR and CRLF break lines.
  func lines(in range: Range<Int>) -> [TextLine] {
    var lines: [TextLine] = []
    var start = range.lowerBound
    var index = start
    while index < range.upperBound {
      let byte = self[index]
      index += 1
      guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
      let end = index - 1
      if byte == UInt8(ascii: "\r"), index < range.upperBound, self[index] == UInt8(ascii: "\n") {
        index += 1
      }
      lines.append(TextLine(range: start..<end, next: index))
      start = index
    }
    if start < range.upperBound {
      lines.append(TextLine(range: start..<range.upperBound, next: range.upperBound))
    }
    return lines
  }

  /// How many bytes a byte order mark takes at the start.
  var byteOrderMarkLength: Int { starts(with: "\u{FEFF}", at: 0) ? 3 : 0 }
}
