import Graph

/// Puts a text together from the blocks that a reader finds. A blank line stands between two blocks.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private(set) var blocks: [TextBlock] = []
  private(set) var pages: [Range<Int>] = []
  var title: String?
  private let limits: ExtractionLimits

  init(limits: ExtractionLimits) {
    self.limits = limits
  }

  /// Adds a block; white space at its ends is left out, except the indentation of its first line when it is code. Nothing is
  /// added when there is nothing else.
  /// - Throws: `.tooLarge`.
  mutating func append(_ kind: TextBlock.Kind, _ text: some Collection<UInt8>) throws(ExtractionError) {
    var trimmed = text.dropFirst(0)
    while let last = trimmed.suffix(1).first, last.isWhiteSpace { trimmed = trimmed.dropLast() }
    if kind == .code {
      // Whole blank lines only.
      while let end = trimmed.firstIndex(where: { !$0.isWhiteSpace || $0 == UInt8(ascii: "\n") }),
        trimmed[end] == UInt8(ascii: "\n")
      {
        trimmed = trimmed[trimmed.index(after: end)...]
      }
    } else {
      trimmed = trimmed.drop(while: \.isWhiteSpace)
    }
    guard !trimmed.isEmpty else { return }
    guard bytes.count + trimmed.count + 2 <= limits.extractedBytes else { throw .tooMuchText(limits) }
    if !blocks.isEmpty {
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(UInt8(ascii: "\n"))
    }
    let start = bytes.count
    bytes.append(contentsOf: trimmed)
    addBlocks(kind, start)
  }

  /// Blocks longer than this are several: what shows a passage loads whole blocks.
  static let maximumBlockLength = 8_000

  /// Makes blocks of everything from `start` on: one, or several that end with a line.
  private mutating func addBlocks(_ kind: TextBlock.Kind, _ start: Int) {
    var start = start
    if case .heading = kind {
    } else {
      while bytes.count - start > Self.maximumBlockLength {
        let window = bytes[start..<(start + Self.maximumBlockLength)]
        guard let lineBreak = window.lastIndex(of: UInt8(ascii: "\n")), lineBreak > start else { break }
        var end = lineBreak
        while end > start, bytes[end - 1].isWhiteSpace { end -= 1 }
        if end > start { blocks.append(TextBlock(kind: kind, range: start..<end)) }
        start = lineBreak + 1
      }
    }
    blocks.append(TextBlock(kind: kind, range: start..<bytes.count))
  }

  mutating func append(_ kind: TextBlock.Kind, _ text: String) throws(ExtractionError) {
    try append(kind, Array(text.utf8))
  }

  /// Where the next block would begin, for the ranges of pages.
  var position: Int { blocks.isEmpty ? 0 : bytes.count + 2 }

  /// The pages begin at these places.
  mutating func setPages(startingAt starts: [Int]) {
    pages = starts.indices.map { index in
      let start = min(starts[index], bytes.count)
      return start..<max(start, index + 1 < starts.count ? min(starts[index + 1], bytes.count) : bytes.count)
    }
  }

  /// - Throws: `.noText` when nothing was added.
  func finish() throws(ExtractionError) -> ExtractedText {
    guard !blocks.isEmpty else { throw .noText }
    return ExtractedText(
      title: title, text: String(decoding: bytes, as: UTF8.self), blocks: blocks, pages: pages)
  }
}

extension UInt8 {
  var isWhiteSpace: Bool { self == UInt8(ascii: " ") || (self >= 9 && self <= 13) }
  var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isASCIILetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
}
