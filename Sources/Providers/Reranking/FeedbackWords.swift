import Foundation

/// The words that the best candidates use beyond those of the question, as the relevance model RM3 finds them (Lavrenko
/// and Croft, 2001; Abdul-Jaleel et al., 2004), and BM25 of every candidate for them.
enum FeedbackWords {
  /// They come from the best tenth of the candidates, at most five. Of a handful nobody knows that the first ones are good.
  static func passageCount(among count: Int) -> Int { min(5, count / 10) }
  /// So many words.
  static let wordCount = 20

  /// - Parameter scores: standard scores of the candidates.
  static func scores(_ words: CandidateWords, by scores: [Double]) -> [Double] {
    // By stem, so that each stem of a passage is looked at once.
    var weights = [Double](repeating: 0, count: words.rarity.count)
    for item in expansion(words, by: scores) { weights[Int(item.stem)] = item.weight }
    let lengths = words.profiles.map { Double($0.length) }
    let average = max(lengths.reduce(0, +) / Double(max(lengths.count, 1)), 1)
    return zip(words.profiles, lengths).map { profile, length in
      // BM25 with its usual k1 = 1.2 and b = 0.75.
      let norm = 1.2 * (0.25 + 0.75 * length / average)
      var sum = 0.0
      for (index, stem) in profile.stems.enumerated() where weights[Int(stem)] > 0 {
        let count = Double(profile.counts[index])
        sum += weights[Int(stem)] * count * 2.2 / (count + norm)
      }
      return sum
    }
  }

  private static func expansion(
    _ words: CandidateWords, by scores: [Double]
  ) -> [(stem: Int32, weight: Double)] {
    let best = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(
      passageCount(among: scores.count))
    let top = best.first.map { scores[$0] } ?? 0
    let shares = best.map { exp(scores[$0] - top) }
    let sum = shares.reduce(0, +)
    var weights: [Int32: Double] = [:]
    for (index, share) in zip(best, shares) {
      let profile = words.profiles[index]
      for (stem, count) in zip(profile.stems, profile.counts) where words.isSubject[Int(stem)] {
        weights[stem, default: 0] +=
          share / sum * Double(count) / Double(profile.length) * words.rarity(of: stem)
      }
    }
    // Equal weights come out the same way every time.
    return weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(wordCount)
      .map { (stem: $0.key, weight: $0.value) }
  }
}
