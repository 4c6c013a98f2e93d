/// Joins lines, and words that were divided at the end of a line.
struct PDFHyphenation {
  /// Words of the document that are written with a hyphen inside a line.
  private var hyphenated: Set<[UInt8]> = []

  private static let hyphen = UInt8(ascii: "-")

  mutating func learn(_ line: [UInt8]) {
    guard line.dropLast().contains(Self.hyphen) else { return }
    for word in line.split(separator: UInt8(ascii: " ")) {
      let word = Self.letters(word)
      if word.dropFirst().dropLast().contains(Self.hyphen) { hyphenated.insert(word) }
    }
  }

  /// Adds a line to a text. A hyphen between them goes when small letters stand on both sides, unless the document has the
  /// word with its hyphen elsewhere.
  func join(_ line: [UInt8], to text: inout [UInt8]) {
    guard let last = text.last else {
      text = line
      return
    }
    if text.suffix(2) == [0xC2, 0xAD] {
      text.removeLast(2)
    } else if last == Self.hyphen, text.count > 1, text[text.count - 2].isWordByte, let first = line.first,
      first >= 0x80 || first.isASCIILetter
    {
      let start = text.lastIndex { $0.isWhiteSpace }.map { $0 + 1 } ?? 0
      let word = Self.letters(text[start...] + line.prefix { !$0.isWhiteSpace })
      let isCapital = first.isASCIILetter && first & 0x20 == 0
      if !hyphenated.contains(word), !isCapital { text.removeLast() }
    } else {
      text.append(UInt8(ascii: " "))
    }
    text.append(contentsOf: line)
  }

  /// In lower case, without marks around it.
  private static func letters(_ word: ArraySlice<UInt8>) -> [UInt8] {
    let isPart = { (byte: UInt8) in byte.isWordByte || byte == hyphen }
    guard let first = word.firstIndex(where: isPart), let last = word.lastIndex(where: isPart) else {
      return []
    }
    return word[first...last].map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
  }
}

extension UInt8 {
  fileprivate var isWordByte: Bool { self >= 0x80 || isASCIILetter || isASCIIDigit }
}
