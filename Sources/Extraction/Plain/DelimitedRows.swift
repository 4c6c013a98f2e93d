/// Reads comma-separated values (RFC 4180) and their relatives row by row.
struct DelimitedRows {
  private let bytes: [UInt8]
  private let delimiter: UInt8
  private var index: Int
  private var line = 1

  /// More columns than a sheet of any program has (Excel: 16,384).
  static let maximumColumns = 20_000

  /// - Parameter delimiter: `nil` finds it.
  init(_ bytes: [UInt8], delimiter: UInt8? = nil) {
    self.bytes = bytes
    index = 0
    // Excel begins some files with a line that names the separator.
    if bytes.starts(with: "sep=".utf8), bytes.count > 5, bytes[5] == 10 || bytes[5] == 13 {
      self.delimiter = bytes[4]
      while index < bytes.count, bytes[index] != 10 { index += 1 }
      index += 1
      line = 2
    } else {
      self.delimiter = delimiter ?? Self.delimiter(of: bytes)
    }
  }

  /// - Returns: the cells of the next row that has any text; `nil` at the end.
  /// - Throws: `.damaged` for a quotation mark that is never closed.
  mutating func next() throws(ExtractionError) -> [ArraySlice<UInt8>]? {
    while index < bytes.count {
      let cells = try row()
      if cells.contains(where: { !$0.isEmpty }) { return cells }
    }
    return nil
  }

  private mutating func row() throws(ExtractionError) -> [ArraySlice<UInt8>] {
    var cells: [ArraySlice<UInt8>] = []
    while true {
      cells.append(try cell())
      guard cells.count <= Self.maximumColumns else {
        throw ExtractionError(
          .tooLarge, "Line \(line) of the table has more than \(Self.maximumColumns) columns.")
      }
      guard index < bytes.count else { return cells }
      let byte = bytes[index]
      index += 1
      if byte == delimiter { continue }
      if byte == UInt8(ascii: "\r"), index < bytes.count, bytes[index] == UInt8(ascii: "\n") { index += 1 }
      line += 1
      return cells
    }
  }

  /// Reads up to the delimiter or line break behind the cell.
  private mutating func cell() throws(ExtractionError) -> ArraySlice<UInt8> {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return plainCell() }
    let first = line
    var cell: [UInt8] = []
    index += 1
    while true {
      guard let quote = bytes[index...].firstIndex(of: UInt8(ascii: "\"")) else {
        throw .damaged("The quotation mark that opens in line \(first) of the table is never closed.")
      }
      cell.append(contentsOf: bytes[index..<quote])
      index = quote + 1
      guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { break }
      cell.append(UInt8(ascii: "\""))
      index += 1
    }
    line += cell.count { $0 == UInt8(ascii: "\n") }
    // What follows a closing mark belongs to the cell all the same.
    cell.append(contentsOf: plainCell())
    return cell[...]
  }

  private mutating func plainCell() -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      if byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
      index += 1
    }
    return bytes[start..<index]
  }

  /// The mark that cuts the first lines into the same number of cells, more than one, most often.
  private static func delimiter(of bytes: [UInt8]) -> UInt8 {
    var counts: [UInt8: [Int]] = [:]
    let candidates = Array(",;\t|".utf8)
    var current: [UInt8: Int] = [:]
    var isQuoted = false
    var lines = 0
    for byte in bytes.prefix(100_000) {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if candidates.contains(byte) { current[byte, default: 0] += 1 }
      guard byte == UInt8(ascii: "\n") else { continue }
      for mark in candidates { counts[mark, default: []].append(current[mark] ?? 0) }
      current = [:]
      lines += 1
      if lines == 20 { break }
    }
    if lines == 0 { counts = current.mapValues { [$0] } }
    let best = candidates.max { score(counts[$0]) < score(counts[$1]) }
    return best.flatMap { score(counts[$0]) > 0 ? $0 : nil } ?? UInt8(ascii: ",")
  }

  /// How many lines have as many marks as the first one, then how many marks that is.
  private static func score(_ counts: [Int]?) -> Int {
    guard let first = counts?.first, first > 0 else { return 0 }
    return (counts?.count { $0 == first } ?? 0) * 10_000 + min(first, 9_999)
  }
}
