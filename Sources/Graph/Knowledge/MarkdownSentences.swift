/// A sentence of a Markdown text, or what comes nearest to one in its block.
public struct MarkdownSentence: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A sentence of a paragraph or a quote.
    case prose
    /// A sentence of a list item.
    case listItem
    /// A row of a table; its cells are joined with ", ".
    case tableRow
    /// A whole block of code, unchanged.
    case code
    case heading
  }

  public let kind: Kind
  /// The sentence on one line, without marks of lists and quotes; bold, code and links keep their Markdown.
  public let text: String
  /// Where it stands, in UTF-8 bytes of the text.
  public let range: Range<Int>
}

/// Finds the sentences of a Markdown text, block by block.
public enum MarkdownSentences {
  public static func sentences(in text: String) -> [MarkdownSentence] {
    let bytes = Array(text.utf8)
    return MarkdownBlockScanner.blocks(of: bytes).flatMap { block -> [MarkdownSentence] in
      switch block.kind {
      case .heading(_, let title): [MarkdownSentence(kind: .heading, text: title, range: block.range)]
      case .paragraph: prose(bytes, block.range, .prose)
      case .quote: lineGroups(bytes, block.range).flatMap { prose(bytes, $0, .prose) }
      case .listItem: lineGroups(bytes, block.range).flatMap { prose(bytes, $0, .listItem) }
      case .table: rows(bytes, block.range)
      case .code:
        [
          MarkdownSentence(
            kind: .code, text: String(decoding: bytes[block.range], as: UTF8.self), range: block.range)
        ]
      case .other: []
      }
    }
  }

  private static func prose(
    _ bytes: [UInt8], _ range: Range<Int>, _ kind: MarkdownSentence.Kind
  ) -> [MarkdownSentence] {
    let start = range.lowerBound
    return SentenceSplitter.sentences(in: bytes, range: range).compactMap { range in
      let text = bytes.lines(in: range)
        .map { line in
          // Only the first line of an item bears its mark: "2024." may begin any other.
          withoutMarks(bytes[line.range], item: kind == .listItem && line.range.lowerBound == start)
        }
        .filter { !$0.isEmpty }
        .joined(separator: " ")
      return text.isEmpty ? nil : MarkdownSentence(kind: kind, text: text, range: range)
    }
  }

  /// A list item or quote as runs of lines that belong together: a nested item or a blank line begins a new run.
  private static func lineGroups(_ bytes: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    for line in bytes.lines(in: range) {
      guard let trimmed = bytes.trimmed(line.range) else { continue }
      let content = TextLine(range: trimmed, next: line.next)
      let startsItem = MarkdownLine(bytes, content).listItemIndent != nil
      if let last = groups.last, !startsItem, !bytes.isParagraphBreak(last.upperBound..<trimmed.lowerBound) {
        groups[groups.count - 1] = last.lowerBound..<trimmed.upperBound
      } else {
        groups.append(trimmed)
      }
    }
    return groups
  }

  /// The rows of a table without the line of dashes; the first is its header.
  private static func rows(_ bytes: [UInt8], _ range: Range<Int>) -> [MarkdownSentence] {
    bytes.lines(in: range).enumerated().compactMap { index, line in
      guard index != 1, let trimmed = bytes.trimmed(line.range) else { return nil }
      let cells = String(decoding: bytes[trimmed], as: UTF8.self)
        .replacing("\\|", with: "\u{0}")
        .split(separator: "|")
        .map { $0.replacing("\u{0}", with: "|").trimmingPrefix(while: \.isWhitespace) }
        .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
        .filter { !$0.isEmpty }
      guard !cells.isEmpty else { return nil }
      return MarkdownSentence(kind: .tableRow, text: cells.joined(separator: ", "), range: trimmed)
    }
  }

  /// A line without white space at its ends and without the mark of a quote or list item at its start.
  private static func withoutMarks(_ line: ArraySlice<UInt8>, item: Bool) -> String {
    var line = line.drop(while: \.isBlank)
    while line.first == UInt8(ascii: ">") { line = line.dropFirst().drop(while: \.isBlank) }
    let digits = line.prefix(while: \.isDigit).count
    let mark = line.dropFirst(digits).first
    let isBullet = digits == 0 && mark.map { "-*+".utf8.contains($0) } == true
    let isNumber = digits > 0 && digits <= 9 && mark.map { ".)".utf8.contains($0) } == true
    if item, isBullet || isNumber, line.dropFirst(digits + 1).first?.isBlank != false {
      line = line.dropFirst(digits + 1).drop(while: \.isBlank)
    }
    while line.last?.isBlank == true { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Whether a stretch of white space holds more than one line break.
  fileprivate func isParagraphBreak(_ range: Range<Int>) -> Bool {
    self[range].count { $0 == UInt8(ascii: "\n") } > 1
  }
}
