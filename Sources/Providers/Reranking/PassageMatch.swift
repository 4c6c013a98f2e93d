/// How a passage meets a question. All shares lie between 0 and 1.
struct PassageMatch: Sendable, Hashable {
  /// The weight of the question's words in the text, the title or the headings.
  private(set) var coverage = 0.0
  /// How many of them those are.
  private(set) var coveredCount = 0
  /// The weight of the words in the sentence that has most of it.
  private(set) var bestSentence = 0.0
  /// The share of the question's neighbours that stand within three words of each other.
  private(set) var pairs = 0.0
  /// The weight of the words in the title and headings.
  private(set) var headings = 0.0
  private(set) var headingCount = 0
  /// One when all found words stand in one unbroken row, less the farther they are apart; zero for fewer than two.
  private(set) var proximity = 0.0

  /// How far apart two neighbours of the question may stand: "port of the server" for "server port".
  static let pairDistance = 3

  init(_ query: QueryTerms, _ profile: PassageProfile) {
    let index = Dictionary(query.terms.enumerated().map { ($1.stem, $0) }) { first, _ in first }
    for term in query.terms {
      let isInHeadings = profile.headingStems.contains(term.stem)
      if isInHeadings {
        headings += term.weight
        headingCount += 1
      }
      if isInHeadings || profile.stemSet.contains(term.stem) {
        coverage += term.weight
        coveredCount += 1
      }
    }
    // The places of the question's words in the text, as (place, number of the word).
    let hits = profile.stems.enumerated().compactMap { place, stem in index[stem].map { (place, $0) } }
    bestSentence = Self.bestSentence(hits, query, profile)
    pairs = Self.pairs(hits, query, index)
    proximity = Self.proximity(hits)
  }

  private static func bestSentence(
    _ hits: [(place: Int, term: Int)], _ query: QueryTerms, _ profile: PassageProfile
  ) -> Double {
    var best = 0.0
    var sum = 0.0
    var seen: Set<Int> = []
    var sentence = -1
    for hit in hits {
      if profile.sentenceOfWord[hit.place] != sentence {
        sentence = profile.sentenceOfWord[hit.place]
        seen.removeAll(keepingCapacity: true)
        sum = 0
      }
      if seen.insert(hit.term).inserted { sum += query.terms[hit.term].weight }
      best = max(best, sum)
    }
    return best
  }

  private static func pairs(
    _ hits: [(place: Int, term: Int)], _ query: QueryTerms, _ index: [String: Int]
  ) -> Double {
    guard !query.pairs.isEmpty else { return 0 }
    let places = Dictionary(grouping: hits, by: \.term).mapValues { $0.map(\.place) }
    let found = query.pairs.count { first, second in
      guard let first = index[first].flatMap({ places[$0] }),
        let second = index[second].flatMap({ places[$0] })
      else { return false }
      return areClose(first, second)
    }
    return Double(found) / Double(query.pairs.count)
  }

  /// Whether an element of each of two ascending lists are at most ``pairDistance`` apart.
  private static func areClose(_ first: [Int], _ second: [Int]) -> Bool {
    var one = 0
    var two = 0
    while one < first.count, two < second.count {
      if abs(first[one] - second[two]) <= pairDistance { return true }
      if first[one] < second[two] { one += 1 } else { two += 1 }
    }
    return false
  }

  /// The number of different words found, over the length of the shortest stretch that holds them all.
  private static func proximity(_ hits: [(place: Int, term: Int)]) -> Double {
    let wanted = Set(hits.map(\.term)).count
    guard wanted > 1 else { return 0 }
    var counts: [Int: Int] = [:]
    var shortest = Int.max
    var start = 0
    for (end, hit) in hits.enumerated() {
      counts[hit.term, default: 0] += 1
      while counts.count == wanted, start <= end {
        shortest = min(shortest, hit.place - hits[start].place + 1)
        let left = hits[start].term
        counts[left] = counts[left].flatMap { $0 > 1 ? $0 - 1 : nil }
        start += 1
      }
    }
    return Double(wanted) / Double(shortest)
  }
}
