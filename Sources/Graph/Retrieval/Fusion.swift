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
    var scores: [UUID: Double] = [:]
    for list in words {
      add(list, weight: settings.wordWeight, to: &scores)
      for (index, passage) in list.enumerated() {
        let hit = Candidate.Hit(rank: index + 1, score: passage.score)
        candidates[passage.chunk.id, default: Candidate(passage: passage)].words.improve(hit)
      }
    }
    for list in meaning {
      add(list, weight: settings.meaningWeight, to: &scores)
      for (index, passage) in list.enumerated() {
        let hit = Candidate.Hit(rank: index + 1, score: passage.score)
        candidates[passage.chunk.id, default: Candidate(passage: passage)].meaning.improve(hit)
      }
    }
    let fused = candidates.values.map { candidate in
      var candidate = candidate
      candidate.passage.score = scores[candidate.passage.chunk.id] ?? 0
      return candidate
    }
    return Array(fused.sorted(by: Self.isBetter).prefix(limit))
  }

  private func add(_ list: [Passage], weight: Double, to scores: inout [UUID: Double]) {
    let best = list.first?.score ?? 0
    let worst = list.last?.score ?? 0
    for (index, passage) in list.enumerated() {
      let score =
        switch settings.method {
        case .reciprocalRank: 1 / Double(60 + index + 1)
        case .normalisedSum: best > worst ? (passage.score - worst) / (best - worst) : 1
        }
      scores[passage.chunk.id, default: 0] += weight * score
    }
  }

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
