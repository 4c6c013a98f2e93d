import Foundation
import Graph

/// Which chunks a search by words looks at, and what each word counts.
///
/// BM25 would score every chunk that has any of the words. In a large collection these may be most of it, so only those
/// are scored that have a rare word or two of the common ones; the best are among them.
struct PostgresWordPlan: Sendable, Hashable {
  struct Term: Sendable, Hashable {
    let stem: String
    /// How many chunks have it.
    let count: Int
    /// BM25's weight of a rare word, with its factor k1 + 1.
    let weight: Double
  }

  /// How many chunks are scored, about.
  static let budget = 5_000
  /// With fewer candidates than this, chunks with one common word are added.
  private static let scarce = 1_000
  private static let mostPairs = 60
  /// BM25's constants, as SQLite has them.
  static let (k1, b) = (1.2, 0.75)

  let terms: [Term]
  /// A `tsquery` that the candidates match.
  let candidates: String
  /// One for chunks that are added, and how many; `nil` when there are enough others.
  let addition: String?
  let additionLimit: Int

  /// Every chunk that has any of the words.
  var all: String { Self.disjunction(terms.map { ChunkWords.quoted($0.stem) }) }

  /// - Parameter stems: each once.
  init(stems: [String], frequencies: PostgresWordStatistics.Frequencies, budget: Int = budget) {
    let size = Double(frequencies.chunkCount)
    terms = stems.map { stem in
      let count = Double(frequencies.counts[stem] ?? 0)
      let weight = log(1 + max(size - count + 0.5, 0) / (count + 0.5)) * (Self.k1 + 1)
      return Term(stem: stem, count: Int(count), weight: weight)
    }
    let sorted = terms.sorted { $0.count < $1.count }
    var (parts, sum) = ([] as [String], 0)
    var common: [Term] = []
    for term in sorted {
      if sum + term.count <= budget {
        parts.append(ChunkWords.quoted(term.stem))
        sum += term.count
      } else {
        common.append(term)
      }
    }
    for pair in Self.pairs(common, size: size) where sum + pair.count <= budget {
      parts.append(pair.query)
      sum += pair.count
    }
    let isScarce = sum < Self.scarce && !common.isEmpty
    candidates = Self.disjunction(parts.isEmpty ? [ChunkWords.quoted(sorted[0].stem)] : parts)
    addition = isScarce && !parts.isEmpty ? common.first.map { ChunkWords.quoted($0.stem) } : nil
    additionLimit = budget - min(sum, budget)
  }

  /// Pairs of common words, the rarest first, with about how many chunks have both: words of one question go together
  /// more often than chance would have it.
  private static func pairs(_ terms: [Term], size: Double) -> [(query: String, count: Int)] {
    var pairs: [(query: String, count: Int)] = []
    for (index, first) in terms.enumerated() {
      for second in terms[(index + 1)...] {
        let chance = Double(first.count) * Double(second.count) / max(size, 1)
        let query = "(\(ChunkWords.quoted(first.stem)) & \(ChunkWords.quoted(second.stem)))"
        pairs.append((query, min(first.count, Int(3 * chance))))
      }
    }
    return Array(pairs.sorted { $0.count < $1.count }.prefix(mostPairs))
  }

  private static func disjunction(_ parts: [String]) -> String { parts.joined(separator: " | ") }
}
