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
    neighbours = (0..<count).map { row in
      var nearest: [(index: Int, share: Double)] = []
      for column in 0..<count where column != row {
        var similarity = byWords[row * count + column]
        if let first = vectors[row], let second = vectors[column], first.count == second.count {
          similarity += Double(Self.dot(first, second))
        }
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
  private static func wordSimilarity(_ words: CandidateWords) -> [Double] {
    let count = words.profiles.count
    var postings = [[(index: Int, weight: Double)]](repeating: [], count: words.vocabulary.stems.count)
    for (index, profile) in words.profiles.enumerated() {
      let weights = profile.counts.map { (word: $0, weight: (1 + log(Double($1))) * words.rarity[$0]) }
        .sorted { $0.word < $1.word }
      let length = weights.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
      guard length > 0 else { continue }
      for item in weights { postings[item.word].append((index, item.weight / length)) }
    }
    var similarity = [Double](repeating: 0, count: count * count)
    for posting in postings {
      for first in posting {
        for second in posting {
          similarity[first.index * count + second.index] += first.weight * second.weight
        }
      }
    }
    return similarity
  }

  static func dot(_ first: [Float], _ second: [Float]) -> Float {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var lanes = SIMD16<Float>(repeating: 0)
        let whole = first.count & ~15
        for start in stride(from: 0, to: whole, by: 16) {
          lanes += SIMD16(first[start..<start + 16]) * SIMD16(second[start..<start + 16])
        }
        return (whole..<first.count).reduce(lanes.sum()) { $0 + first[$1] * second[$1] }
      }
    }
  }
}
