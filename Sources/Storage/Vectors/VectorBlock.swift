import CKernels
import Foundation

/// Up to `capacity` vectors of one model, in the order of their numbers in the database.
///
/// A block is a value: a search keeps the blocks that it began with, and a block that grows meanwhile is copied first. That
/// costs the last block only, for all others are full.
struct VectorBlock: Sendable {
  let dimension: Int
  let capacity: Int
  /// Numbers of the vectors in the database, rising.
  private(set) var sequences: [Int64] = []
  /// Numbers of the documents that the vectors' chunks belong to.
  private(set) var documents: [Int64] = []
  /// Vectors that are no longer in the database; empty while there is none.
  private(set) var isRemoved: [Bool] = []
  private(set) var removedCount = 0
  private(set) var values: VectorValues
  /// 8 bits for each component, once there are so many vectors that it pays; see ``VectorScan``.
  private(set) var codes: VectorCodes?

  var count: Int { sequences.count }
  var liveCount: Int { count - removedCount }
  var isFull: Bool { count >= capacity }

  init(dimension: Int, capacity: Int) {
    self.dimension = dimension
    self.capacity = capacity
    values = .memory([])
  }

  /// A block whose vectors stand in a file.
  init(file: VectorFile, documents: [Int64], capacity: Int) {
    dimension = file.dimension
    self.capacity = capacity
    sequences = file.sequences
    self.documents = documents
    values = .file(file)
  }

  mutating func append(sequence: Int64, document: Int64, vector: UnsafeBufferPointer<Float>) {
    values.append(vector, dimension: dimension)
    sequences.append(sequence)
    documents.append(document)
    if !isRemoved.isEmpty { isRemoved.append(false) }
    codes?.append(vector)
  }

  mutating func remove(row: Int) {
    if isRemoved.isEmpty { isRemoved = Array(repeating: false, count: count) }
    guard !isRemoved[row] else { return }
    isRemoved[row] = true
    removedCount += 1
  }

  mutating func makeCodes() {
    guard codes == nil else { return }
    var codes = VectorCodes(dimension: dimension)
    values.withRows { rows in
      for row in 0..<count {
        codes.append(UnsafeBufferPointer(rebasing: rows[(row * dimension)..<((row + 1) * dimension)]))
      }
    }
    self.codes = codes
  }

  /// The same vectors, from now on in a file.
  mutating func move(to file: VectorFile) {
    guard file.sequences == sequences else { return }
    values = .file(file)
  }

  /// The rows that a search looks at, as ranges without gaps.
  func searchedRows(_ isSearched: (Int64) -> Bool) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start: Int?
    var document: (key: Int64, isSearched: Bool)?
    for row in 0..<count {
      // The chunks of a document stand together mostly: it is asked for once.
      if document?.key != documents[row] { document = (documents[row], isSearched(documents[row])) }
      if document?.isSearched == true, isRemoved.isEmpty || !isRemoved[row] {
        start = start ?? row
      } else if let first = start {
        ranges.append(first..<row)
        start = nil
      }
    }
    if let start { ranges.append(start..<count) }
    return ranges
  }

  /// All rows but the removed ones.
  var liveRows: [Range<Int>] { removedCount == 0 ? [0..<count] : searchedRows { _ in true } }
}

/// Vectors of 32-bit floats, row after row.
enum VectorValues: Sendable {
  case memory([Float])
  /// Read by the system when they are needed, and given up by it when memory is short.
  case file(VectorFile)

  func withRows<Value>(_ body: (UnsafeBufferPointer<Float>) throws -> Value) rethrows -> Value {
    switch self {
    case .memory(let floats): try floats.withUnsafeBufferPointer(body)
    case .file(let file): try body(file.rows)
    }
  }

  mutating func append(_ vector: UnsafeBufferPointer<Float>, dimension: Int) {
    switch self {
    case .memory(var floats):
      // Without this the array would be shared, and copied for each vector.
      self = .memory([])
      if floats.isEmpty { floats.reserveCapacity(64 * dimension) }
      floats.append(contentsOf: vector)
      self = .memory(floats)
    case .file(let file):
      self = .memory(Array(file.rows) + Array(vector))
    }
  }
}

/// What stands for vectors in a first, coarse comparison.
struct VectorCodes: Sendable {
  let dimension: Int
  private(set) var codes: [Int8] = []
  private(set) var scales: [Float] = []
  /// How long the difference between each vector and its code is.
  private(set) var errors: [Float] = []

  init(dimension: Int) {
    self.dimension = dimension
  }

  mutating func append(_ vector: UnsafeBufferPointer<Float>) {
    guard let start = vector.baseAddress else { return }
    var error: Float = 0
    var scale: Float = 0
    let next = Array<Int8>(unsafeUninitializedCapacity: dimension) { buffer, count in
      if let target = buffer.baseAddress { scale = rill_quantize_row(start, dimension, target, &error) }
      count = dimension
    }
    codes.append(contentsOf: next)
    scales.append(scale)
    errors.append(error)
  }
}
