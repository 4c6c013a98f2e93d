import Graph

/// Makes a line of every row of a table that says all by itself: `name: Elbe; length: 1,094 km`.
enum DelimitedReader {
  static func read(
    _ bytes: [UInt8], delimiter: UInt8?, _ context: ExtractionContext
  ) throws(ExtractionError) -> ExtractedText {
    var rows = DelimitedRows(bytes, delimiter: delimiter)
    var builder = TextBuilder(limits: context.limits)
    guard let first = try rows.next() else { throw .noText }
    let second = try rows.next()
    let names = second != nil && isHeader(first) ? first.map(oneLine) : nil
    var block: [UInt8] = []
    func add(_ row: [ArraySlice<UInt8>]) throws(ExtractionError) {
      try context.checkOften()
      if !block.isEmpty { block.append(UInt8(ascii: "\n")) }
      append(row, names, to: &block)
      guard block.count > blockLength else { return }
      try builder.append(.table, block)
      block.removeAll(keepingCapacity: true)
    }
    if names == nil { try add(first) }
    if let second { try add(second) }
    while let row = try rows.next() { try add(row) }
    try builder.append(.table, block)
    return try builder.finish()
  }

  private static let blockLength = 4_000

  private static func append(_ row: [ArraySlice<UInt8>], _ names: [[UInt8]]?, to line: inout [UInt8]) {
    var isFirst = true
    for (index, cell) in row.enumerated() {
      let value = oneLine(cell)
      guard !value.isEmpty else { continue }
      if !isFirst { line.append(contentsOf: (names == nil ? " | " : "; ").utf8) }
      isFirst = false
      if let names, index < names.count, !names[index].isEmpty, names.count > 1 {
        line.append(contentsOf: names[index])
        line.append(contentsOf: ": ".utf8)
      }
      line.append(contentsOf: value)
    }
  }

  /// Whether a first row names the columns: it has a name for nearly each, and no numbers.
  private static func isHeader(_ row: [ArraySlice<UInt8>]) -> Bool {
    let cells = row.map(oneLine)
    let named = cells.count { !$0.isEmpty }
    return named * 2 > cells.count
      && cells.allSatisfy { cell in cell.isEmpty || Double(String(decoding: cell, as: UTF8.self)) == nil }
      && cells.allSatisfy { $0.count <= 200 }
  }

  private static func oneLine(_ cell: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(cell.count)
    for byte in cell {
      if !byte.isWhiteSpace {
        text.append(byte)
      } else if let last = text.last, last != UInt8(ascii: " ") {
        text.append(UInt8(ascii: " "))
      }
    }
    if text.last == UInt8(ascii: " ") { text.removeLast() }
    return text
  }
}
