/// Builds a table from files, and from the database where they do not agree with it.
struct VectorLoader {
  private(set) var table: VectorTable
  private let entries: [VectorEntry]
  /// The entries before this one are in the table.
  private var next = 0

  init(table: VectorTable, entries: [VectorEntry]) {
    self.table = table
    self.entries = entries
  }

  /// - Returns: whether the file holds exactly what the database has between its first and its last vector, but for
  ///   some that are gone. Otherwise nothing is taken from it.
  mutating func add(_ file: VectorFile, _ source: some VectorIndex.Source) throws -> Bool {
    guard file.dimension == table.dimension, let first = file.sequences.first else { return false }
    var start = next
    while start < entries.count, entries[start].sequence < first { start += 1 }
    var entry = start
    var documents: [Int64] = []
    var removed: [Int] = []
    var last = Int64.min
    for (row, sequence) in file.sequences.enumerated() {
      guard sequence > last else { return false }
      last = sequence
      if entry < entries.count, entries[entry].sequence == sequence {
        guard file.fingerprint(row: row) == entries[entry].fingerprint else { return false }
        documents.append(entries[entry].document)
        entry += 1
      } else if entry < entries.count, entries[entry].sequence < sequence {
        return false
      } else {
        documents.append(0)
        removed.append(row)
      }
    }
    guard removed.count <= file.sequences.count / 2 else { return false }
    try addFromDatabase(upTo: start, source)
    var block = VectorBlock(file: file, documents: documents, capacity: table.limits.blockCapacity)
    for row in removed { block.remove(row: row) }
    table.append(block)
    next = entry
    return true
  }

  mutating func finish(_ source: some VectorIndex.Source) throws -> VectorTable {
    try addFromDatabase(upTo: entries.count, source)
    return table
  }

  private mutating func addFromDatabase(upTo end: Int, _ source: some VectorIndex.Source) throws {
    guard next < end else { return }
    table.beginBlock()
    try source.vectors(entries[next].sequence...entries[end - 1].sequence) { entry, vector in
      table.append(sequence: entry.sequence, document: entry.document, vector: vector)
    }
    next = end
  }
}
