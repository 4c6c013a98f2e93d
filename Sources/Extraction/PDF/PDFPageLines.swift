/// The lines of a PDF's pages, without what is repeated on the edges of pages.
enum PDFPageLines {
  /// - Parameter pages: the text of each page.
  /// - Returns: for each page its lines; blank ones between blocks stay, as empty ones.
  static func lines(of pages: [[UInt8]]) -> [[[UInt8]]] {
    var pages = pages.map { page in
      page.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(cleaned)
    }
    // Twice: headers and footers often have two lines.
    for _ in 0..<2 { removeRepeatedEdges(&pages) }
    return pages
  }

  /// A header on only five pages of a thick book is that of a chapter.
  private static func threshold(_ pages: Int) -> Int { max(3, min(pages / 4, 5)) }

  private static func removeRepeatedEdges(_ pages: inout [[[UInt8]]]) {
    guard pages.count >= 3 else { return }
    var tops: [[UInt8]: Int] = [:]
    var bottoms: [[UInt8]: Int] = [:]
    for page in pages {
      if let top = page.first(where: { !$0.isEmpty }) { tops[pattern(top), default: 0] += 1 }
      if let bottom = page.last(where: { !$0.isEmpty }) { bottoms[pattern(bottom), default: 0] += 1 }
    }
    let limit = threshold(pages.count)
    for index in pages.indices {
      if let top = pages[index].firstIndex(where: { !$0.isEmpty }),
        tops[pattern(pages[index][top]), default: 0] >= limit
      {
        pages[index].removeSubrange(...top)
      }
      if let bottom = pages[index].lastIndex(where: { !$0.isEmpty }),
        bottoms[pattern(pages[index][bottom]), default: 0] >= limit
      {
        pages[index].removeSubrange(bottom...)
      }
    }
  }

  /// The line with every number as one sign, so that page numbers are equal.
  private static func pattern(_ line: [UInt8]) -> [UInt8] {
    // A long line is a sentence, which is not repeated.
    guard line.count <= 120 else { return line }
    var pattern: [UInt8] = []
    for byte in line where !byte.isWhiteSpace {
      let sign = byte.isASCIIDigit ? UInt8(ascii: "#") : byte
      if sign != UInt8(ascii: "#") || pattern.last != sign { pattern.append(sign) }
    }
    return pattern
  }

  /// Without control characters and white space at its ends; ligatures become their letters.
  private static func cleaned(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(line.count)
    var index = line.startIndex
    while index < line.endIndex {
      let byte = line[index]
      if byte < 0x20 || byte == 0x7F {
        if byte == 9 { text.append(UInt8(ascii: " ")) }
      } else if byte == 0xEF, index + 2 < line.endIndex, line[index + 1] == 0xAC,
        let letters = ligatures[line[index + 2]]
      {
        text.append(contentsOf: letters.utf8)
        index += 2
      } else if byte == 0xC2, index + 1 < line.endIndex, line[index + 1] == 0xA0 {
        text.append(UInt8(ascii: " "))
        index += 1
      } else {
        text.append(byte)
      }
      index += 1
    }
    while text.last == UInt8(ascii: " ") { text.removeLast() }
    return Array(text.drop { $0 == UInt8(ascii: " ") })
  }

  /// U+FB00…U+FB06 by their last byte.
  private static let ligatures: [UInt8: String] = [
    0x80: "ff", 0x81: "fi", 0x82: "fl", 0x83: "ffi", 0x84: "ffl", 0x85: "st", 0x86: "st",
  ]
}
