import Foundation

/// Brings the lists of several searches together to one.
///
/// It needs the numbers of the chunks alone: two searches find some hundred chunks, and only the best of them are read.
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
    var passages: [Passage] = []
    var numbers: [UUID: Int64] = [:]
    let hits: ([[Passage]]) -> [[ChunkHit]] = { lists in
      lists.map { list in
        list.map { passage in
          let next = Int64(passages.count)
          let number = numbers[passage.chunk.id, default: next]
          if number == next {
            numbers[passage.chunk.id] = next
            passages.append(passage)
          }
          return ChunkHit(chunk: number, score: passage.score)
        }
      }
    }
    let (words, meaning) = (hits(words), hits(meaning))
    let fused = fuse(words: words, meaning: meaning, limit: limit)
    return Self.candidates(fused, passages: fused.map { passages[Int($0.chunk)] }, limit: limit)
  }

  /// - Parameters:
  ///   - words: for each text of the query the chunks found by BM25, best first, each once.
  ///   - meaning: for each text of the query the nearest chunks by their vectors.
  /// - Returns: each chunk once, best first; after the last one within the limit those with the same score, whose order
  ///   hangs on what is not read yet.
  public func fuse(words: [[ChunkHit]], meaning: [[ChunkHit]], limit: Int) -> [FusedHit] {
    var fused = FusedHits(words: words, meaning: meaning)
    let reach = (words + meaning).map(\.count).max() ?? 0
    for (list, share) in zip(words, Self.shares(words.count)) {
      let isComplete = list.count < settings.depth
      add(list, weight: settings.wordWeight * share, reach: isComplete ? reach : nil, to: &fused)
    }
    for (list, share) in zip(meaning, Self.shares(meaning.count)) {
      add(list, weight: settings.meaningWeight * share, reach: nil, to: &fused)
    }
    return fused.best(limit)
  }

  /// - Parameter passages: those of the chunks that are still there, in any order; their scores are not looked at.
  /// - Returns: the candidates within the limit, best first.
  public static func candidates(_ fused: [FusedHit], passages: [Passage?], limit: Int) -> [Candidate] {
    let found = zip(fused, passages).compactMap { hit, passage -> Candidate? in
      passage.map { passage in
        var candidate = Candidate(passage: passage, words: hit.words, meaning: hit.meaning)
        candidate.passage.score = hit.score
        return candidate
      }
    }
    // Their places are sorted: a candidate has a dozen references, which each move would count.
    let order = found.indices.sorted { isBetter(found[$0], found[$1]) }
    return order.prefix(max(limit, 0)).map { found[$0] }
  }

  /// What each text of a query counts: the first is the question itself, further ones are other ways to say it.
  static func shares(_ count: Int) -> [Double] {
    let weights = (0..<count).map { $0 == 0 ? 1 : 0.5 }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// - Parameter reach: set for a list that holds everything the search could find: what is not in it has the score
  ///   zero, and so many passages are in question at least.
  private func add(_ list: [ChunkHit], weight: Double, reach: Int?, to fused: inout FusedHits) {
    guard weight > 0, !list.isEmpty else { return }
    switch settings.method {
    case .reciprocalRank:
      fused.add(list, missing: 0) { rank, _ in weight / (Self.rankConstant + Double(rank)) }
    case .normalisedSum:
      let scale = StandardScale(list.map(\.score), count: reach ?? 0)
      // A passage that is missing from a list that was cut off is at most as good as the last one there.
      let missing = scale.score(reach == nil ? list.map(\.score).min() ?? 0 : 0)
      fused.add(list, missing: weight * missing) { _, score in weight * scale.score(score) }
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
