import Foundation
import TestSupport
import Graph

extension SeededGenerator {
  /// A vector of length 1 in any direction.
  mutating func direction(_ dimension: Int) -> [Float] {
    unit(
      (0..<dimension).map { _ in
        Float.random(in: -1...1, using: &self) + Float.random(in: -1...1, using: &self)
      })
  }

  /// A vector of length 1 near another one.
  mutating func neighbour(of vector: [Float], distance: Float) -> [Float] {
    unit(zip(vector, direction(vector.count)).map { $0 + distance * $1 })
  }
}

func unit(_ vector: [Float]) -> [Float] {
  let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return length > 0 ? vector.map { $0 / length } : vector
}

func cosine(_ first: [Float], _ second: [Float]) -> Double {
  guard first.count == second.count else { return .nan }
  var sum = 0.0
  for index in first.indices { sum += Double(first[index]) * Double(second[index]) }
  return sum
}

let model = EmbedderDescriptor(id: "test/1", dimension: 8, maxTokens: 256)

/// The `index`-th of eight directions at right angles.
func axis(_ index: Int) -> [Float] { (0..<8).map { $0 == index ? 1 : 0 } }

extension EmbeddingStore {
  /// Stores a vector for each chunk, in order.
  func save(_ vectors: [[Float]], for chunks: [Chunk], model: String = model.id) async throws {
    let pairs = zip(chunks, vectors).map { ($0.id, TextEmbedding(vector: $1)) }
    try await saveEmbeddings(Dictionary(uniqueKeysWithValues: pairs), model: model)
  }

  func nearest(
    _ vector: [Float], model: String = model.id, limit: Int = 10, filter: SearchFilter = .all
  ) async throws -> [Passage] {
    try await nearest(to: vector, model: model, limit: limit, filter: filter)
  }
}
