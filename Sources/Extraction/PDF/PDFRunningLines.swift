/// Removes headers, footers and page numbers: lines at the upper and lower edge that are the same on many pages.
enum PDFRunningLines {
  /// The parts of a page, from its upper and lower end, in which they are looked for.
  private static let margin = 0.12

  static func remove(from pages: inout [PDFPage]) {
    guard pages.count >= 3 else { return }
    // Twice: headers and footers often have two lines.
    for _ in 0..<2 {
      removeOnce(from: &pages) { $0.top < $1.top }
      removeOnce(from: &pages) { $0.bottom > $1.bottom }
    }
  }

  /// The header of a short chapter is on no more pages.
  private static let threshold = 3

  private static func removeOnce(from pages: inout [PDFPage], _ isNearer: (PDFLine, PDFLine) -> Bool) {
    let edges = pages.map { edge(of: $0, isNearer) }
    var counts: [[UInt8]: Int] = [:]
    for edge in edges.compactMap(\.self) { counts[edge.pattern, default: 0] += 1 }
    for (index, edge) in edges.enumerated() {
      guard let edge, counts[edge.pattern, default: 0] >= threshold else { continue }
      pages[index].blocks[edge.block].remove(at: edge.line)
      if pages[index].blocks[edge.block].isEmpty { pages[index].blocks.remove(at: edge.block) }
    }
  }

  private struct Edge {
    let block: Int
    let line: Int
    let pattern: [UInt8]
  }

  private static func edge(of page: PDFPage, _ isNearer: (PDFLine, PDFLine) -> Bool) -> Edge? {
    var best: (line: PDFLine, place: (Int, Int))?
    for (block, lines) in page.blocks.enumerated() {
      for (index, line) in lines.enumerated() where best.map({ isNearer(line, $0.line) }) ?? true {
        best = (line, (block, index))
      }
    }
    guard let best, best.line.text.count <= 150,
      best.line.bottom < page.height * margin || best.line.top > page.height * (1 - margin)
    else { return nil }
    return Edge(block: best.place.0, line: best.place.1, pattern: pattern(best.line.text))
  }

  /// The line with every number as one sign, so that page numbers are equal.
  private static func pattern(_ line: [UInt8]) -> [UInt8] {
    var pattern: [UInt8] = []
    for byte in line where !byte.isWhiteSpace {
      let sign = byte.isASCIIDigit ? UInt8(ascii: "#") : byte
      if sign != UInt8(ascii: "#") || pattern.last != sign { pattern.append(sign) }
    }
    return pattern
  }
}
