/// Finds the sentences of running text.
///
/// It takes a full stop, question mark or exclamation mark as the end of a sentence when white space follows, unless
/// what stands before it is a known abbreviation, an initial or a list number, or the text goes on in lower case. Marks inside
/// `code` end nothing. A blank line always ends a sentence; a single line break never does. For Markdown, see
/// ``MarkdownSentences``.
public enum SentenceSplitter {
  /// - Returns: the sentences in order, without the white space around them, as ranges of UTF-8 bytes of the text.
  public static func sentences(in text: some StringProtocol) -> [Range<Int>] {
    let bytes = Array(text.utf8)
    return sentences(in: bytes, range: 0..<bytes.count)
  }

  static func sentences(in bytes: [UInt8], range: Range<Int>) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = range.lowerBound
    var index = range.lowerBound
    var isInCode = false
    func close(at end: Int) {
      if let trimmed = bytes.trimmed(start..<end) { ranges.append(trimmed) }
      start = end
    }
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == UInt8(ascii: "`") {
        isInCode = closesLater(bytes, index, range.upperBound, isInCode)
      } else if byte == UInt8(ascii: "\n"), bytes.isBlankLine(after: index, upTo: range.upperBound) {
        isInCode = false
        close(at: index)
      } else if !isInCode, let end = sentenceEnd(bytes, at: index, from: start, upTo: range.upperBound) {
        close(at: end)
        index = end
        continue
      }
      index += 1
    }
    close(at: range.upperBound)
    return ranges
  }

  /// Whether text after the backquote at `index` is code: a backquote that is never closed opens nothing.
  private static func closesLater(_ bytes: [UInt8], _ index: Int, _ limit: Int, _ isInCode: Bool) -> Bool {
    guard !isInCode else { return false }
    var next = index + 1
    // Runs of code on one line are short: looking further would make unpaired marks quadratic.
    let end = Swift.min(limit, index + 200)
    while next < end, bytes[next] != UInt8(ascii: "\n") {
      if bytes[next] == UInt8(ascii: "`") { return true }
      next += 1
    }
    return false
  }

  /// The end of the sentence whose final mark stands at `index`, or `nil` if none ends there.
  private static func sentenceEnd(_ bytes: [UInt8], at index: Int, from start: Int, upTo limit: Int) -> Int? {
    let byte = bytes[index]
    if let end = wideMark(bytes, at: index, upTo: limit) { return end }
    guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!") else {
      return nil
    }
    var end = index + 1
    while end < limit, let width = closerWidth(bytes, at: end), end + width <= limit { end += width }
    guard end < limit else { return limit }
    guard bytes[end].isBlank else { return nil }
    var next = end
    while next < limit, bytes[next].isBlank { next += 1 }
    guard next < limit else { return end }
    let standsAlone = index > start && bytes[index - 1].isBlank
    if standsAlone || byte != UInt8(ascii: ".") && !bytes[next].isLowercase { return end }
    guard !bytes[next].isLowercase,
      !isAbbreviation(bytes, endingAt: index, from: start, beforeNumber: bytes[next].isDigit)
    else { return nil }
    return end
  }

  /// The full-width marks of Chinese and Japanese (。！？) need no white space after them.
  private static func wideMark(_ bytes: [UInt8], at index: Int, upTo limit: Int) -> Int? {
    guard index + 2 < limit else { return nil }
    let mark = (bytes[index], bytes[index + 1], bytes[index + 2])
    let isMark = mark == (0xE3, 0x80, 0x82) || mark == (0xEF, 0xBC, 0x81) || mark == (0xEF, 0xBC, 0x9F)
    return isMark ? index + 3 : nil
  }

  private static func isAbbreviation(
    _ bytes: [UInt8], endingAt stop: Int, from start: Int, beforeNumber: Bool
  ) -> Bool {
    var wordStart = stop
    while wordStart > start, !bytes[wordStart - 1].isBlank, bytes[wordStart - 1] != UInt8(ascii: "(") {
      wordStart -= 1
    }
    let word = bytes[wordStart..<stop]
    guard let first = word.first else { return false }
    if word.count == 1, first.isUppercase { return true }
    // "3." opens a list item only where a sentence begins.
    let isAtStart = bytes.trimmed(start..<wordStart) == nil
    if isAtStart, word.allSatisfy(\.isDigit) { return true }
    let text = String(decoding: word, as: UTF8.self).lowercased()
    return abbreviations.contains(text) || (beforeNumber && numberedAbbreviations.contains(text))
  }

  /// How many bytes the closing quote, bracket or mark at `index` takes; `nil` when none stands there.
  private static func closerWidth(_ bytes: [UInt8], at index: Int) -> Int? {
    if closers.contains(bytes[index]) { return 1 }
    if bytes.starts(with: "»", at: index) { return 2 }
    return bytes.starts(with: "”", at: index) || bytes.starts(with: "’", at: index) ? 3 : nil
  }

  private static let closers: Set<UInt8> = Set("\"')]*_`.!?".utf8)
  private static let abbreviations: Set<String> = [
    "e.g", "i.e", "cf", "vs", "al", "approx", "resp", "incl", "dr", "mr", "mrs", "ms", "prof", "st", "jr",
    "sr",
    "dept", "z.b", "d.h", "u.a", "bzw", "ca",
  ]
  /// Words of their own unless a number follows: "no. 7".
  private static let numberedAbbreviations: Set<String> = [
    "no", "nos", "nr", "fig", "figs", "eq", "eqs", "sec", "ch", "vol", "pp", "p", "ref", "refs",
  ]
}
