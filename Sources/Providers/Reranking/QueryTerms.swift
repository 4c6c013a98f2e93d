import Foundation
import Graph

/// The words of a question that carry its subject, with what each is worth.
struct QueryTerms: Sendable {
  struct Term: Sendable, Hashable {
    let stem: String
    /// Between 0 and 1; all weights together are 1.
    let weight: Double
  }

  /// Each stem once, in the order of the question.
  let terms: [Term]
  /// Stems that stand side by side in the question, stop words aside.
  let pairs: [(String, String)]

  init(_ query: String, in profiles: [PassageProfile]) {
    let stems = TextAnalysis.contentWords(in: query).map(\.stem)
    var seen: Set<String> = []
    let unique = stems.filter { seen.insert($0).inserted }
    let idf = unique.map { stem in
      Self.inverseFrequency(profiles.count { $0.contains(stem) }, of: profiles.count)
    }
    let sum = idf.reduce(0, +)
    terms = zip(unique, idf).map { Term(stem: $0, weight: sum > 0 ? $1 / sum : 0) }
    pairs = zip(stems, stems.dropFirst()).filter { $0 != $1 }
  }

  /// BM25's inverse document frequency (Robertson and Spärck Jones), over the candidates. A word that none of them has
  /// counts like one that a single candidate has: nobody can tell it from a filler.
  private static func inverseFrequency(_ count: Int, of total: Int) -> Double {
    let count = Double(max(count, 1))
    return log(1 + (Double(total) - min(count, Double(total)) + 0.5) / (count + 0.5))
  }
}
