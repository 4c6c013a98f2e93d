/// Recognises headings by their size, and numbered ones of any size by their numbers.
struct PDFHeadings {
  /// Heights of lines that are clearly larger than the text, largest first.
  private var heights: [Double] = []
  private let bodyHeight: Double
  private var numbering = SectionNumbering()

  /// Larger by less, a line may only be set in another font.
  private static let clearlyLarger = 1.12
  /// Heights that differ by less are of one level; in points.
  private static let tolerance = 0.6

  init(pages: [PDFPage]) {
    var lettersByHeight: [Int: Int] = [:]
    for line in pages.lazy.flatMap(\.blocks).flatMap(\.self) where line.height > 0 && line.height < 1_000 {
      lettersByHeight[Int(line.height * 4), default: 0] += line.text.count
    }
    // What most letters have is the text's.
    bodyHeight =
      lettersByHeight.max { ($0.value, $0.key) < ($1.value, $1.key) }.map { Double($0.key) / 4 } ?? 0
    for block in pages.lazy.flatMap(\.blocks) {
      guard let first = block.first, isLarge(first), !heights.contains(where: { isSame($0, first.height) })
      else { continue }
      heights.append(first.height)
    }
    heights.sort(by: >)
  }

  /// How many lines at the beginning of a block are a heading, and of which level, from 1.
  mutating func heading(in lines: ArraySlice<PDFLine>) -> (lines: Int, level: Int)? {
    guard let first = lines.first else { return nil }
    if isLarge(first) {
      let count = lines.prefix { isSame($0.height, first.height) }.count
      let text = lines.prefix(count).flatMap(\.text)
      // Pages of slides and posters are set in large letters altogether.
      guard count <= 3, text.count <= 200, isTitle(text) else { return nil }
      return (count, level(of: first.height))
    }
    guard lines.count == 1, let depth = numbering.headingLevel(of: first.text) else { return nil }
    return (1, min(9, heights.count + depth))
  }

  func isText(_ line: PDFLine) -> Bool { !isLarge(line) }

  private func isLarge(_ line: PDFLine) -> Bool { line.height > bodyHeight * Self.clearlyLarger + 0.2 }

  private func isSame(_ first: Double, _ second: Double) -> Bool { abs(first - second) < Self.tolerance }

  private func level(of height: Double) -> Int {
    min(6, (heights.firstIndex { isSame($0, height) } ?? 0) + 1)
  }

  private func isTitle(_ text: [UInt8]) -> Bool {
    let letters = text.count { $0 >= 0x80 || $0.isASCIILetter }
    return letters >= 2 && letters * 3 > text.count
  }
}
