/// The cells of a table until its end.
struct TableCollector {
  private(set) var rows: [[[UInt8]]] = []
  private var isRowOpen = false
  var isInCell = false
  /// Tables that lay out a page hold headings, lists of code or other tables: their cells are read as parts of the page.
  var isLayout = false

  /// Longer cells are parts of a page.
  static let maximumCellLength = 2_000

  mutating func openRow() {
    rows.append([])
    isRowOpen = true
  }

  mutating func add(_ cell: [UInt8]) {
    if !isRowOpen { openRow() }
    rows[rows.count - 1].append(cell)
  }

  mutating func closeRow() {
    isRowOpen = false
  }

  /// Rows one on each line, cells between bars.
  var text: [UInt8] {
    var text: [UInt8] = []
    for row in rows where row.contains(where: { !$0.isEmpty }) {
      if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
      for (index, cell) in row.enumerated() {
        if index > 0 { text.append(contentsOf: " | ".utf8) }
        text.append(contentsOf: cell)
      }
    }
    return text
  }

  /// All cells as they follow each other, and none from now on.
  mutating func takeCells() -> [[UInt8]] {
    defer { rows = [] }
    return rows.flatMap(\.self).filter { !$0.isEmpty }
  }
}
