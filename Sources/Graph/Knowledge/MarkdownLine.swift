/// What one line of Markdown may begin, judged by itself (CommonMark 0.31, sections 4 and 5).
struct MarkdownLine {
  private let bytes: ArraySlice<UInt8>
  /// Columns of white space before the text; a tab counts to the next multiple of four.
  let indent: Int

  init(_ bytes: [UInt8], _ line: TextLine) {
    var index = line.range.lowerBound
    var columns = 0
    while index < line.range.upperBound, bytes[index].isBlank {
      columns = bytes[index] == UInt8(ascii: "\t") ? (columns / 4 + 1) * 4 : columns + 1
      index += 1
    }
    var end = line.range.upperBound
    while end > index, bytes[end - 1].isBlank { end -= 1 }
    self.bytes = bytes[index..<end]
    indent = columns
  }

  var isBlank: Bool { bytes.isEmpty }
  var text: String { String(decoding: bytes, as: UTF8.self) }
  private var first: UInt8? { indent < 4 ? bytes.first : nil }

  /// The level of a heading that begins with number signs.
  var headingLevel: Int? {
    guard first == UInt8(ascii: "#") else { return nil }
    let rest = bytes.drop { $0 == UInt8(ascii: "#") }
    let level = bytes.count - rest.count
    return level <= 6 && rest.first?.isBlank != false ? level : nil
  }

  /// The level of the heading that this line makes of the paragraph above it.
  var underlineLevel: Int? {
    guard let first, first == UInt8(ascii: "=") || first == UInt8(ascii: "-"),
      bytes.allSatisfy({ $0 == first })
    else { return nil }
    return first == UInt8(ascii: "=") ? 1 : 2
  }

  /// The mark and length of a fence that opens here.
  var fence: (mark: UInt8, length: Int)? {
    guard let mark = first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return nil }
    let rest = bytes.drop { $0 == mark }
    let length = bytes.count - rest.count
    guard length >= 3, mark != UInt8(ascii: "`") || !rest.contains(mark) else { return nil }
    return (mark, length)
  }

  func closes(_ fence: (mark: UInt8, length: Int)) -> Bool {
    first == fence.mark && bytes.count >= fence.length && bytes.allSatisfy { $0 == fence.mark }
  }

  var isThematicBreak: Bool {
    guard let mark = first,
      mark == UInt8(ascii: "-") || mark == UInt8(ascii: "*") || mark == UInt8(ascii: "_")
    else { return false }
    let marks = bytes.filter { !$0.isBlank }
    return marks.count >= 3 && marks.allSatisfy { $0 == mark }
  }

  /// How far the text of a list item is indented, when one begins here.
  var listItemIndent: Int? {
    guard let first, !isThematicBreak else { return nil }
    var width = 1
    if first.isDigit {
      let digits = bytes.prefix { $0.isDigit }.count
      guard digits <= 9, let mark = bytes.dropFirst(digits).first,
        mark == UInt8(ascii: ".") || mark == UInt8(ascii: ")")
      else { return nil }
      width = digits + 1
    } else if first != UInt8(ascii: "-"), first != UInt8(ascii: "*"), first != UInt8(ascii: "+") {
      return nil
    }
    guard let after = bytes.dropFirst(width).first else { return indent + width + 1 }
    return after.isBlank ? indent + width + 1 : nil
  }

  var isQuote: Bool { first == UInt8(ascii: ">") }
  var opensComment: Bool { first != nil && bytes.starts(with: "<!--".utf8) }
  var closesComment: Bool { text.contains("-->") }

  var hasCellBorder: Bool { bytes.contains(UInt8(ascii: "|")) }
  /// Whether the line is the second one of a table: `|---|:-:|`.
  var isTableDelimiter: Bool {
    hasCellBorder && bytes.contains(UInt8(ascii: "-"))
      && bytes.allSatisfy { $0.isBlank || "|:-".utf8.contains($0) }
  }

  /// Whether the line ends a paragraph without a blank line between them.
  ///
  /// A numbered list does so only when it begins with 1: a line of prose may begin with any year.
  var interruptsParagraph: Bool {
    interruptsListItem
      && (listItemIndent == nil || first?.isDigit == false
        || bytes.prefix(while: \.isDigit).elementsEqual("1".utf8))
  }

  var interruptsListItem: Bool {
    headingLevel != nil || fence != nil || isQuote || isThematicBreak || opensComment || listItemIndent != nil
  }
}
