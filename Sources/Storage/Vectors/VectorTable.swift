/// All vectors of one model, as they were in the database at ``version``.
struct VectorTable: Sendable {
  let dimension: Int
  /// See the columns of the table `embedding_models`.
  var version: Int64 = -1
  var removals: Int64 = 0
  private(set) var blocks: [VectorBlock] = []
  /// Whether vectors have codes, too.
  private(set) var hasCodes = false
  let limits: VectorIndexLimits

  init(dimension: Int, limits: VectorIndexLimits = VectorIndexLimits()) {
    self.dimension = dimension
    self.limits = limits
  }

  var count: Int { blocks.reduce(0) { $0 + $1.count } }
  var liveCount: Int { blocks.reduce(0) { $0 + $1.liveCount } }
  var lastSequence: Int64 { blocks.last?.sequences.last ?? 0 }

  /// - Parameter sequence: higher than every one before.
  mutating func append(sequence: Int64, document: Int64, vector: UnsafeBufferPointer<Float>) {
    if blocks.last?.isFull ?? true {
      append(VectorBlock(dimension: dimension, capacity: limits.blockCapacity))
    }
    blocks[blocks.count - 1].append(sequence: sequence, document: document, vector: vector)
  }

  mutating func append(_ block: VectorBlock) {
    blocks.append(block)
    if hasCodes { blocks[blocks.count - 1].makeCodes() }
  }

  /// Vectors that come next begin a new block.
  mutating func beginBlock() {
    if blocks.last?.count != 0 { append(VectorBlock(dimension: dimension, capacity: limits.blockCapacity)) }
  }

  /// Removes what is not among the numbers that are in the database now, which rise.
  mutating func keep(only present: [Int64]) {
    var next = present.startIndex
    for index in blocks.indices {
      for row in 0..<blocks[index].count {
        let sequence = blocks[index].sequences[row]
        while next < present.endIndex, present[next] < sequence { next += 1 }
        if next == present.endIndex || present[next] != sequence { blocks[index].remove(row: row) }
      }
    }
  }

  mutating func makeCodesIfLarge() {
    guard !hasCodes, liveCount > limits.codeThreshold else { return }
    hasCodes = true
    for index in blocks.indices { blocks[index].makeCodes() }
  }

  /// Whether so many vectors are gone that leaving them out is worth a copy.
  var isSparse: Bool { count - liveCount > max(limits.blockCapacity / 4, count / 4) }

  /// The same vectors without those that are gone.
  func compacted() -> VectorTable {
    var table = VectorTable(dimension: dimension, limits: limits)
    table.version = version
    table.removals = removals
    for block in blocks {
      block.values.withRows { rows in
        for row in block.liveRows.joined() {
          table.append(
            sequence: block.sequences[row], document: block.documents[row],
            vector: UnsafeBufferPointer(rebasing: rows[(row * dimension)..<((row + 1) * dimension)]))
        }
      }
    }
    table.makeCodesIfLarge()
    return table
  }

  mutating func move(block index: Int, to file: VectorFile) { blocks[index].move(to: file) }
}
