import Foundation

/// Says of one passage after the other, best first, whether it is kept, and why.
struct PassageChoice {
  struct Item {
    var profile: PassageProfile
    /// How many of the question's words it has.
    var found: Int
    /// The share of the question's rarity that they make.
    var coverage: Double
    /// How many of the words stand in the title or the headings.
    var inHeadings: Int
    /// How near the passage or its best sentence is to the question; `nil` without vectors.
    var cosine: Double?
  }

  struct Verdict: Hashable {
    var isKept: Bool
    var reason: String
  }

  private let weights: RerankWeights
  private let limit: Int
  private let termCount: Int
  private let stemCount: Int
  private var kept: [Kept] = []

  /// - Parameter stemCount: the numbers of all stems are below.
  init(weights: RerankWeights, limit: Int, termCount: Int, stemCount: Int) {
    self.weights = weights
    self.limit = limit
    self.termCount = termCount
    self.stemCount = stemCount
  }

  mutating func judge(_ item: Item) -> Verdict {
    guard isRelevant(item) else {
      return Verdict(isKept: false, reason: "far from the question: " + match(item))
    }
    guard kept.count < limit else { return Verdict(isKept: false, reason: "below the limit of \(limit)") }
    if let twin = kept.firstIndex(where: { $0.similarity(to: item.profile) >= weights.duplicateSimilarity }) {
      return Verdict(isKept: false, reason: "too like passage \(twin + 1)")
    }
    kept.append(Kept(item.profile, stemCount: stemCount))
    guard termCount > 0 || item.cosine != nil else {
      return Verdict(isKept: true, reason: "kept in the order of the search")
    }
    return Verdict(isKept: true, reason: match(item))
  }

  private func isRelevant(_ item: Item) -> Bool {
    let share = termCount > 0 ? Double(item.found) / Double(termCount) : 0
    if let cosine = item.cosine { return cosine >= weights.minimumCosine || share >= weights.ampleWords }
    return termCount == 0 || item.coverage >= weights.minimumCoverage || share >= weights.sufficientWords
  }

  /// "best sentence matches 0.71; 3 of the question's 4 words, 1 in its title or headings"
  private func match(_ item: Item) -> String {
    var parts: [String] = []
    if let cosine = item.cosine { parts.append("best sentence matches \(Self.twoDigits(cosine))") }
    if termCount > 0 {
      parts.append(words(item) + (item.inHeadings > 0 ? ", \(item.inHeadings) in its title or headings" : ""))
    }
    return parts.joined(separator: "; ")
  }

  private func words(_ item: Item) -> String {
    switch (item.found, termCount) {
    case (0, 1): "without the question's word"
    case (0, _): "none of the question's \(termCount) words"
    case (1, 1): "has the question's word"
    case (2, 2): "both of the question's words"
    case (termCount, _): "all \(termCount) of the question's words"
    default: "\(item.found) of the question's \(termCount) words"
    }
  }

  /// Without a locale: "0.71" everywhere.
  private static func twoDigits(_ value: Double) -> String {
    let hundredths = Int((min(max(value, 0), 1) * 100).rounded())
    return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
  }

  /// A passage that is kept, ready to be compared.
  private struct Kept {
    /// For each stem whether the passage has it.
    private var has: [Bool]
    private let count: Int

    init(_ profile: PassageProfile, stemCount: Int) {
      has = [Bool](repeating: false, count: stemCount)
      count = profile.stems.count
      for stem in profile.stems { has[Int(stem)] = true }
    }

    /// The Jaccard index of the two sets of stems.
    func similarity(to other: PassageProfile) -> Double {
      var common = 0
      for stem in other.stems where has[Int(stem)] { common += 1 }
      let all = count + other.stems.count - common
      return all == 0 ? 1 : Double(common) / Double(all)
    }
  }
}
