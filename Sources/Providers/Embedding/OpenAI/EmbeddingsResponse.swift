internal import CKernels

/// The answer to `POST /v1/embeddings`.
struct EmbeddingsResponse {
  /// The answer is not one, or not to what was asked.
  struct Malformed: Error, Hashable {
    /// For the log.
    let reason: String
  }

  /// In the order of the answer, with the index of the text that each belongs to.
  private var entries: [(index: Int, vector: [Float])] = []

  /// - Throws: ``Malformed``.
  init(parsing body: [UInt8]) throws {
    do {
      try body.withUnsafeBytes { bytes in
        var cursor = JSONCursor(bytes)
        try cursor.readObject { cursor, key in
          guard case "data" = key else { return try cursor.skip() }
          try cursor.readArray { cursor, position in
            entries.append(try Self.readEntry(&cursor, position: position))
          }
        }
        try cursor.expectEnd()
      }
    } catch is JSONCursorError {
      throw Malformed(
        reason: "not JSON of the expected shape: \(String(decoding: body.prefix(200), as: UTF8.self))")
    }
  }

  private static func readEntry(
    _ cursor: inout JSONCursor, position: Int
  ) throws -> (index: Int, vector: [Float]) {
    // Servers that leave the index out keep the order.
    var entry = (index: position, vector: [Float]())
    try cursor.readObject { cursor, key in
      switch key {
      case "index": entry.index = try cursor.readInt() ?? position
      case "embedding":
        try cursor.readArray { cursor, _ in
          guard let number = try cursor.readFloat() else { throw JSONCursorError() }
          entry.vector.append(number)
        }
      default: try cursor.skip()
      }
    }
    return entry
  }

  /// The vectors in the order of the texts, each of length 1.
  /// - Throws: ``Malformed`` when there are more or fewer, or they differ in size, or one has no direction.
  func vectors(count: Int, dimension: Int?) throws -> [[Float]] {
    var vectors = [[Float]](repeating: [], count: count)
    for entry in entries {
      guard vectors.indices.contains(entry.index), vectors[entry.index].isEmpty else {
        throw Malformed(reason: "an embedding with the unexpected index \(entry.index)")
      }
      vectors[entry.index] = entry.vector
    }
    let dimension = dimension ?? vectors.first?.count ?? 0
    for index in vectors.indices {
      guard vectors[index].count == dimension, dimension > 0 else {
        throw Malformed(reason: "embedding \(index) has \(vectors[index].count) numbers, not \(dimension)")
      }
      let length = vectors[index].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0, length.isFinite else {
        throw Malformed(reason: "embedding \(index) has the length \(length)")
      }
      rill_normalize(&vectors[index], dimension)
    }
    return vectors
  }
}
