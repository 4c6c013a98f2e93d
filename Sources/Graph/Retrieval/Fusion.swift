import Foundation

/// Brings the lists of several searches together to one.
public struct Fusion: Sendable {
  private let settings: RetrievalSettings

  public init(settings: RetrievalSettings) {
    self.settings = settings
  }

  /// - Parameters:
  ///   - words: for each text of the query the passages found by BM25, best first.
  ///   - meaning: for each text of the query the nearest passages by their vectors.
  /// - Returns: each passage once, best first, its score the fused one.
  public func fuse(words: [[Passage]], meaning: [[Passage]], limit: Int) -> [Candidate] {
    var candidates: [UUID: Candidate] = [:]
    collect(words, into: &candidates, hit: \.words)
    collect(meaning, into: &candidates, hit: \.meaning)
    var scores = candidates.mapValues { _ in 0.0 }
    let reach = (words + meaning).map(\.count).max() ?? 0
    for (list, share) in zip(words, Self.shares(words.count)) {
      let isComplete = list.count < settings.depth
      add(list, weight: settings.wordWeight * share, reach: isComplete ? reach : nil, to: &scores)
    }
    for (list, share) in zip(meaning, Self.shares(meaning.count)) {
      add(list, weight: settings.meaningWeight * share, reach: nil, to: &scores)
    }
    let fused = candidates.values.map { candidate in
      var candidate = candidate
      candidate.passage.score = scores[candidate.passage.chunk.id] ?? 0
      return candidate
    }
    // Their places are sorted: a candidate has a dozen references, which each move would count.
    let order = fused.indices.sorted { Self.isBetter(fused[$0], fused[$1]) }
    return order.prefix(max(limit, 0)).map { fused[$0] }
  }

  private func collect(
    _ lists: [[Passage]], into candidates: inout [UUID: Candidate],
    hit: WritableKeyPath<Candidate, Candidate.Hit?>
  ) {
    for list in lists {
      for (index, passage) in list.enumerated() {
        candidates[passage.chunk.id, default: Candidate(passage: passage)][keyPath: hit]
          .improve(Candidate.Hit(rank: index + 1, score: passage.score))
      }
    }
  }

  /// What each text of a query counts: the first is the question itself, further ones are other ways to say it.
  static func shares(_ count: Int) -> [Double] {
    let weights = (0..<count).map { $0 == 0 ? 1 : 0.5 }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// - Parameter reach: set for a list that holds everything the search could find: what is not in it has the score
  ///   zero, and so many passages are in question at least.
  private func add(_ list: [Passage], weight: Double, reach: Int?, to scores: inout [UUID: Double]) {
    guard weight > 0, !list.isEmpty else { return }
    switch settings.method {
    case .reciprocalRank:
      for (index, passage) in list.enumerated() {
        scores[passage.chunk.id, default: 0] += weight / (Self.rankConstant + Double(index + 1))
      }
    case .normalisedSum:
      let scale = StandardScale(list.map(\.score), count: reach ?? 0)
      // A passage that is missing from a list that was cut off is at most as good as the last one there.
      let missing = scale.score(reach == nil ? list.map(\.score).min() ?? 0 : 0)
      let found = Dictionary(list.map { ($0.chunk.id, $0.score) }) { first, _ in first }
      for id in Array(scores.keys) {
        scores[id, default: 0] += weight * (found[id].map(scale.score) ?? missing)
      }
    }
  }

  /// The constant of reciprocal rank fusion, as its authors chose it.
  private static let rankConstant = 60.0

  /// Equal scores are ordered by place, so that the same search always gives the same list.
  private static func isBetter(_ first: Candidate, _ second: Candidate) -> Bool {
    if first.passage.score != second.passage.score { return first.passage.score > second.passage.score }
    if first.passage.source != second.passage.source { return first.passage.source < second.passage.source }
    return first.passage.chunk.ordinal < second.passage.chunk.ordinal
  }
}

extension Candidate.Hit? {
  /// Keeps the better of two places.
  fileprivate mutating func improve(_ hit: Candidate.Hit) {
    if let current = self, current.rank <= hit.rank { return }
    self = hit
  }
}
