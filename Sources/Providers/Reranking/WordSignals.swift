/// What the question's own words say of each candidate.
struct WordSignals: Sendable, Hashable {
  /// How many of the question's words the passage has, its title and headings included.
  private(set) var found: [Int] = []
  /// The share of the question's rarity that these words make, from 0 to 1.
  private(set) var coverage: [Double] = []
  /// How many of the words stand in the title or the headings.
  private(set) var inHeadings: [Int] = []
  /// The rarity of the words that stand there.
  private(set) var headings: [Double] = []
  /// The rarity of those neighbours of the question that stand close together in the passage, too.
  private(set) var pairs: [Double] = []

  /// How far apart two neighbours of the question may stand: "port of the server" for "server port".
  static let pairDistance = 3

  init(_ words: CandidateWords) {
    let sum = words.terms.reduce(0) { $0 + words.rarity(of: $1) }
    let neighbours = zip(words.question, words.question.dropFirst()).filter { $0 != $1 }
    let terms = Set(words.terms)
    for profile in words.profiles {
      let has = words.terms.filter { profile.counts[$0] != nil }
      found.append(has.count)
      coverage.append(sum > 0 ? has.reduce(0) { $0 + words.rarity(of: $1) } / sum : 0)
      let above = terms.intersection(profile.headingWords)
      inHeadings.append(above.count)
      // In the order of the question: a sum of fractions depends on its order.
      headings.append(words.terms.reduce(0) { above.contains($1) ? $0 + words.rarity(of: $1) : $0 })
      let places = Self.places(of: terms, in: profile)
      pairs.append(
        neighbours.reduce(0) { sum, pair in
          guard let first = places[pair.0], let second = places[pair.1], Self.areClose(first, second) else {
            return sum
          }
          return sum + min(words.rarity(of: pair.0), words.rarity(of: pair.1))
        })
    }
  }

  /// Where the words stand, the title and headings first and well apart from the text.
  private static func places(of terms: Set<Int32>, in profile: PassageProfile) -> [Int32: [Int]] {
    var places: [Int32: [Int]] = [:]
    for (place, word) in profile.headingWords.enumerated() where terms.contains(word) {
      places[word, default: []].append(place)
    }
    let start = profile.headingWords.count + pairDistance
    for (place, word) in profile.words.enumerated() where terms.contains(word) {
      places[word, default: []].append(start + place)
    }
    return places
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
}
