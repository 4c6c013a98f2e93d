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
    // For each stem which of the terms it is; -1 for all others.
    var termOfStem = [Int](repeating: -1, count: words.rarity.count)
    for (term, stem) in words.terms.enumerated() { termOfStem[Int(stem)] = term }
    let question = words.question.map { termOfStem[Int($0)] }
    let neighbours = zip(question, question.dropFirst()).filter { $0 != $1 }
    let rarities = words.terms.map { words.rarity(of: $0) }
    for profile in words.profiles {
      let places = Places(of: profile, termOfStem, count: words.terms.count)
      // In the order of the question: a sum of fractions depends on its order.
      let has = rarities.indices.filter { !places.all[$0].isEmpty }
      found.append(has.count)
      coverage.append(sum > 0 ? has.reduce(0) { $0 + rarities[$1] } / sum : 0)
      let above = has.filter { places.areInHeadings[$0] }
      inHeadings.append(above.count)
      headings.append(above.reduce(0) { $0 + rarities[$1] })
      pairs.append(
        neighbours.reduce(0) { sum, pair in
          guard Self.areClose(places.all[pair.0], places.all[pair.1]) else { return sum }
          return sum + min(rarities[pair.0], rarities[pair.1])
        })
    }
  }

  /// Where the terms stand in a passage, the title and headings first and well apart from the text.
  private struct Places {
    /// For each term its places, ascending.
    private(set) var all: [[Int]]
    private(set) var areInHeadings: [Bool]

    init(of profile: PassageProfile, _ termOfStem: [Int], count: Int) {
      all = [[Int]](repeating: [], count: count)
      areInHeadings = [Bool](repeating: false, count: count)
      for (place, stem) in profile.headingWords.enumerated() where termOfStem[Int(stem)] >= 0 {
        all[termOfStem[Int(stem)]].append(place)
        areInHeadings[termOfStem[Int(stem)]] = true
      }
      let start = profile.headingWords.count + WordSignals.pairDistance
      for (place, stem) in profile.words.enumerated() where termOfStem[Int(stem)] >= 0 {
        all[termOfStem[Int(stem)]].append(start + place)
      }
    }
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
