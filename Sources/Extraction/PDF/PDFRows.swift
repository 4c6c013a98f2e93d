/// Recognises what is not running text among the lines of a page.
enum PDFRows {
  /// Puts lines that stand beside each other into one: a bullet and its text, the cells of a row.
  static func joined(_ blocks: [[PDFLine]]) -> [[PDFLine]] {
    var labels = blocks.filter { $0.allSatisfy(isLabel) }.flatMap(\.self)
    var result: [[PDFLine]] = []
    for block in blocks where !block.allSatisfy(isLabel) {
      var lines: [PDFLine] = []
      for line in block {
        let line = labeled(line, &labels)
        if let last = lines.last, let both = joined(last, line) {
          lines[lines.count - 1] = both
        } else {
          lines.append(line)
        }
      }
      // Poppler makes a block of every cell when they are far apart.
      if lines.count == 1, let last = result.last, last.count == 1, let both = joined(last[0], lines[0]) {
        result[result.count - 1] = [both]
      } else {
        result.append(lines)
      }
    }
    // Numbers that belong to nothing may be a column of a table.
    return result + labels.map { [$0] }
  }

  /// A line with the bullet or number that stands to the left of it in a block of its own.
  private static func labeled(_ line: PDFLine, _ labels: inout [PDFLine]) -> PDFLine {
    guard !labels.isEmpty else { return line }
    let index = labels.firstIndex { label in
      label.overlap(line) > 0.6 && label.right <= line.left + 1 && line.left - label.right < 6 * line.height
    }
    guard let index else { return line }
    return joined(labels.remove(at: index), line) ?? line
  }

  private static func isLabel(_ line: PDFLine) -> Bool { isBullet(line.text) || isNumber(line.text) }

  private static func joined(_ first: PDFLine, _ second: PDFLine) -> PDFLine? {
    guard first.overlap(second) > 0.6, second.left >= first.right - 1 else { return nil }
    var both = first
    let isLabel = isLabel(first)
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
  /// - Parameter isAfterCode: the block above is code: then a single short line is, too.
  static func code(_ lines: ArraySlice<PDFLine>, isAfterCode: Bool) -> [UInt8]? {
    let widths = lines.compactMap(\.letterWidth)
    guard let width = widths.first, width > 0, widths.count * 10 >= lines.count * 7,
      widths.allSatisfy({ abs($0 - width) < width * 0.03 })
    else { return nil }
    // One line that looks so by chance is a part of a text.
    guard isAfterCode || lines.count > 1 || lines.contains(where: { $0.text.count >= 20 }) else { return nil }
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
