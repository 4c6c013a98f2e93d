/// Recognises what is not running text among the lines of a page.
enum PDFRows {
  /// Puts lines that stand beside each other into one: a bullet and its text, the cells of a row.
  static func joined(_ blocks: [[PDFLine]]) -> [[PDFLine]] {
    var result: [[PDFLine]] = []
    for block in blocks {
      var lines: [PDFLine] = []
      for line in block {
        if let last = lines.last, let both = joined(last, line) {
          lines[lines.count - 1] = both
        } else {
          lines.append(line)
        }
      }
      // A bullet or the number of a heading may be a block by itself.
      if let label = result.last?.last, result.last?.count == 1, isBullet(label.text) || isNumber(label.text),
        let first = lines.first, let both = joined(label, first)
      {
        result.removeLast()
        lines[0] = both
      }
      result.append(lines)
    }
    return result
  }

  private static func joined(_ first: PDFLine, _ second: PDFLine) -> PDFLine? {
    guard first.overlap(second) > 0.6, second.left >= first.right - 1 else { return nil }
    var both = first
    let isLabel = isBullet(first.text) || isNumber(first.text)
    both.isRow = first.isRow || second.left - first.right > 1.5 * second.height && !isLabel
    both.text.append(contentsOf: (both.isRow ? " | " : " ").utf8)
    both.text.append(contentsOf: second.text)
    both.right = second.right
    both.top = min(first.top, second.top)
    both.bottom = max(first.bottom, second.bottom)
    if isBullet(first.text) { (both.top, both.bottom) = (second.top, second.bottom) }
    both.letterWidth = nil
    return both
  }

  private static let bullets = ["•", "◦", "▪", "■", "●", "‣", "–", "-", "*", "·", "○", "❖", "➢", "✓"]

  private static func isBullet(_ text: [UInt8]) -> Bool {
    bullets.contains { text.elementsEqual($0.utf8) }
  }

  /// `1`, `1.4.` or `(2)`.
  private static func isNumber(_ text: [UInt8]) -> Bool {
    text.count <= 12 && text.contains(where: \.isASCIIDigit)
      && text.allSatisfy { $0.isASCIIDigit || ".()".utf8.contains($0) }
  }

  /// Whether a line begins an item of a list.
  static func isListItem(_ line: [UInt8]) -> Bool {
    for bullet in bullets where line.starts(with: bullet.utf8) {
      if line.dropFirst(bullet.utf8.count).first == UInt8(ascii: " ") { return true }
    }
    let digits = line.prefix(while: \.isASCIIDigit).count
    let rest = line.dropFirst(digits)
    return (1...2).contains(digits) && (rest.starts(with: ". ".utf8) || rest.starts(with: ") ".utf8))
      || line.count > 4 && line[0] == UInt8(ascii: "(") && line[1].isASCIILetter
        && line[2] == UInt8(ascii: ")")
  }

  /// The lines with their breaks and indentation when they are set in letters of one width.
  static func code(_ lines: ArraySlice<PDFLine>) -> [UInt8]? {
    let widths = lines.compactMap(\.letterWidth)
    guard let width = widths.first, width > 0, widths.count * 10 >= lines.count * 7,
      widths.allSatisfy({ abs($0 - width) < width * 0.03 })
    else { return nil }
    // One line that looks so by chance is a part of a text.
    guard lines.count > 1 || lines.contains(where: { $0.text.count >= 20 }) else { return nil }
    let left = lines.map(\.left).min() ?? 0
    var text: [UInt8] = []
    for line in lines {
      if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
      let indentation = min(60, max(0, Int(((line.left - left) / width).rounded())))
      text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
      text.append(contentsOf: line.text)
    }
    return text
  }
}
