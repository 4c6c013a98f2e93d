internal import CKernels
import Foundation

/// Which candidates say similar things, and how their scores support each other.
///
/// Passages that are close to each other tend to be relevant together (van Rijsbergen's cluster hypothesis). Letting a
/// share of each score flow to the nearest neighbours corrects scores that stand alone, and lifts a passage that words
/// the matter differently (score regularisation; Diaz, 2005).
struct SimilarityGraph: Sendable {
  /// For each candidate its nearest ones, with shares that sum up to 1.
  private let neighbours: [[(index: Int, share: Double)]]

  /// How many neighbours a candidate has: a tenth of all, at most five. A handful of candidates have no neighbourhood worth
  /// the name.
  static func degree(among count: Int) -> Int { min(5, count / 10) }

  /// - Parameter vectors: of length 1; `nil` for a candidate that has none, which is compared by its words alone.
  init(_ words: CandidateWords, vectors: [[Float]?]) {
    let count = words.profiles.count
    let degree = Self.degree(among: count)
    guard degree > 0 else {
      neighbours = [[(index: Int, share: Double)]](repeating: [], count: count)
      return
    }
    let byWords = Self.wordSimilarity(words)
    let byVectors = Self.vectorSimilarity(vectors)
    neighbours = (0..<count).map { row in
      var nearest: [(index: Int, share: Double)] = []
      for column in 0..<count where column != row {
        let similarity = Double(byWords[row * count + column] + byVectors[row * count + column])
        guard similarity > 0 else { continue }
        Self.insert((column, similarity), into: &nearest, limit: degree)
      }
      let sum = nearest.reduce(0) { $0 + $1.share * $1.share }
      return nearest.map { ($0.index, $0.share * $0.share / sum) }
    }
  }

  /// - Parameters:
  ///   - share: how much of a score comes from the neighbours, from 0 to 1.
  ///   - steps: how far support reaches.
  func propagate(_ scores: [Double], share: Double, steps: Int) -> [Double] {
    var current = scores
    for _ in 0..<steps {
      current = scores.indices.map { index in
        let support = neighbours[index].reduce(0) { $0 + $1.share * current[$1.index] }
        return (1 - share) * scores[index] + share * support
      }
    }
    return current
  }

  /// Keeps the list sorted and no longer than the limit. Of equal ones the first stays.
  private static func insert(
    _ item: (index: Int, share: Double), into nearest: inout [(index: Int, share: Double)],
    limit: Int
  ) {
    if nearest.count == limit, let last = nearest.last, last.share >= item.share { return }
    let place = nearest.firstIndex { $0.share < item.share } ?? nearest.endIndex
    nearest.insert(item, at: place)
    if nearest.count > limit { nearest.removeLast() }
  }

  /// The cosines of the passages' words, weighted by (1 + ln count) × rarity, row by row.
  private static func wordSimilarity(_ words: CandidateWords) -> [Float] {
    let count = words.profiles.count
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    // Nearly every word stands in a passage once or twice.
    let weightOfCount = (0..<16).map { 1 + log(Double($0)) }
    for profile in words.profiles {
      var square = 0.0
      let weights = zip(profile.stems, profile.counts).map { stem, count in
        let weight =
          count < 16 ? weightOfCount[Int(count)] : 1 + log(Double(count))
        let value = weight * words.rarity(of: stem)
        square += value * value
        return value
      }
      let length = square.squareRoot()
      if length > 0 {
        columns += profile.stems
        for weight in weights { values.append(Float(weight / length)) }
      }
      starts.append(Int32(columns.count))
    }
    var scratch = [Float](repeating: 0, count: words.rarity.count)
    var similarity = [Float](repeating: 0, count: count * count)
    rill_sparse_gram(starts, columns, values, count, &scratch, &similarity)
    return similarity
  }

  /// The cosines of the vectors, row by row; zero where one is missing.
  private static func vectorSimilarity(_ vectors: [[Float]?]) -> [Float] {
    let count = vectors.count
    var similarity = [Float](repeating: 0, count: count * count)
    guard let width = vectors.lazy.compactMap({ $0?.count }).first else { return similarity }
    var rows: [Float] = []
    rows.reserveCapacity(count * width)
    for vector in vectors {
      if let vector, vector.count == width {
        rows.append(contentsOf: vector)
      } else {
        rows.append(contentsOf: repeatElement(0, count: width))
      }
    }
    similarity.withUnsafeMutableBufferPointer { similarity in
      rows.withUnsafeBufferPointer { rows in
        guard let rows = rows.baseAddress, let out = similarity.baseAddress else { return }
        // Each two are compared once.
        for row in 0..<count {
          rill_scan_f32(
            rows + row * width, rows + row * width, count - row, width, out + row * count + row)
          for other in row..<count { out[other * count + row] = out[row * count + other] }
        }
      }
    }
    return similarity
  }
}
