import Foundation

/// A line of text on a page. Lengths are points from the upper left corner.
struct PDFLine {
  var text: [UInt8] = []
  var left = Double.infinity
  var top = Double.infinity
  var right = 0.0
  var bottom = 0.0
  /// The width of one letter when all letters of the line's words are equally wide, as in programs.
  var letterWidth: Double?
  /// Whether it was put together from cells.
  var isRow = false

  var height: Double { bottom - top }

  /// How much of the lower one's height two lines share.
  func overlap(_ other: PDFLine) -> Double {
    let shared = min(bottom, other.bottom) - max(top, other.top)
    return shared / max(0.1, min(height, other.height))
  }
}

/// A page as poppler lays it out: blocks of lines in reading order.
struct PDFPage {
  var width = 0.0
  var height = 0.0
  var blocks: [[PDFLine]] = []
}

/// Reads the output of `pdftotext -bbox-layout`.
final class PDFLayoutReader: MarkupHandler {
  private(set) var pages: [PDFPage] = []
  private var block: [PDFLine] = []
  private var line = PDFLine()
  private var word: [UInt8] = []
  private var wordWidth = 0.0
  private var isInWord = false
  private var isGlued = false
  private var letterWidths: (least: Double, most: Double, letters: Int) = (.infinity, 0, 0)

  func start(_ name: String, _ attributes: MarkupAttributes) {
    switch name {
    case "page":
      pages.append(
        PDFPage(width: Self.number(attributes["width"]), height: Self.number(attributes["height"])))
    case "block": block = []
    case "line":
      line = PDFLine()
      letterWidths = (.infinity, 0, 0)
    case "word":
      word = []
      isInWord = true
      let left = Self.number(attributes["xmin"])
      let right = Self.number(attributes["xmax"])
      wordWidth = right - left
      // Where the font changes inside a word, poppler makes two.
      isGlued = left - line.right < 0.06 * line.height
      line.left = min(line.left, left)
      line.right = max(line.right, right)
      line.top = min(line.top, Self.number(attributes["ymin"]))
      line.bottom = max(line.bottom, Self.number(attributes["ymax"]))
    default: break
    }
  }

  func end(_ name: String) {
    switch name {
    case "word": closeWord()
    case "line":
      let isEven = letterWidths.most - letterWidths.least < letterWidths.most * 0.02
      if isEven, letterWidths.letters >= 4 { line.letterWidth = letterWidths.most }
      if !line.text.isEmpty { block.append(line) }
    case "block": if !block.isEmpty, !pages.isEmpty { pages[pages.count - 1].blocks.append(block) }
    default: break
    }
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    if isInWord { word.append(contentsOf: utf8) }
  }

  private func closeWord() {
    isInWord = false
    let word = PDFText.cleaned(word)
    guard !word.isEmpty else { return }
    if !line.text.isEmpty, !isGlued { line.text.append(UInt8(ascii: " ")) }
    line.text.append(contentsOf: word)
    let letters = word.count { $0 & 0xC0 != 0x80 }
    guard letters >= 2 else { return }
    let width = wordWidth / Double(letters)
    letterWidths.least = min(letterWidths.least, width)
    letterWidths.most = max(letterWidths.most, width)
    letterWidths.letters += letters
  }

  private static func number(_ text: String?) -> Double {
    text.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } ?? 0
  }
}

enum PDFText {
  /// Without control characters; ligatures become their letters.
  static func cleaned(_ word: [UInt8]) -> [UInt8] {
    guard word.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0xEF || $0 == 0xC2 }) else { return word }
    var text: [UInt8] = []
    var index = 0
    while index < word.count {
      let byte = word[index]
      if byte == 0xEF, index + 2 < word.count, word[index + 1] == 0xAC,
        let letters = ligatures[word[index + 2]]
      {
        text.append(contentsOf: letters.utf8)
        index += 2
      } else if byte == 0xC2, index + 1 < word.count, word[index + 1] == 0xA0 {
        text.append(UInt8(ascii: " "))
        index += 1
      } else if byte >= 0x20, byte != 0x7F {
        text.append(byte)
      }
      index += 1
    }
    return text
  }

  /// U+FB00…U+FB06 by their last byte.
  private static let ligatures: [UInt8: String] = [
    0x80: "ff", 0x81: "fi", 0x82: "fl", 0x83: "ffi", 0x84: "ffl", 0x85: "st", 0x86: "st",
  ]
}
