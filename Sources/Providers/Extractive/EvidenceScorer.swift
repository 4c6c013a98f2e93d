import Graph

/// Says how well a unit answers a question.
struct EvidenceScorer {
  let evidence: Evidence
  let question: QuestionTerms

  struct Score {
    /// The share of the question, by weight, that the unit speaks of, headings and lead included; from 0 to 1.
    var coverage: Double
    /// The same, by its own words alone.
    var ownCoverage: Double
    /// How much the innermost heading and the question are the same; from 0 to 1.
    var headingMatch: Double
    /// Higher is better; comparable within one question.
    var total: Double
  }

  // What a word counts for where it stands, when the unit itself does not hold it. Chosen by hand on Rill's own
  // documentation; the tests hold the choice in place.
  private static let alternativeShare = 0.7
  private static let leadShare = 0.6
  private static let headingShare = 0.6
  private static let titleShare = 0.4

  func score(_ unit: EvidenceUnit) -> Score {
    let stems = Set(unit.stems)
    let nearby = nearbyStems(unit)
    var own = 0.0
    var covered = 0.0
    for (term, weight) in zip(question.terms, evidence.weights) {
      let ownShare = Self.share(of: term, in: stems)
      own += weight * ownShare
      covered += weight * max(ownShare, nearbyShare(of: term, unit, nearby))
    }
    let whole = max(evidence.weights.reduce(0, +), .leastNonzeroMagnitude)
    let heading = headingMatch(unit)
    var total = 0.6 * covered / whole + 0.4 * own / whole
    total += heading * (unit.distanceFromHeading == 0 ? 0.4 : unit.distanceFromHeading == 1 ? 0.25 : 0.15)
    total += 0.12 * (1 - Double(unit.passage) / Double(evidence.passages.count))
    total += formBonus(unit) + proximityBonus(unit) - penalty(unit)
    return Score(coverage: covered / whole, ownCoverage: own / whole, headingMatch: heading, total: total)
  }

  private static func share(of term: QuestionTerms.Term, in stems: Set<String>) -> Double {
    if stems.contains(term.stem) { return 1 }
    return stems.isDisjoint(with: term.alternatives) ? 0 : alternativeShare
  }

  private func nearbyShare(of term: QuestionTerms.Term, _ unit: EvidenceUnit, _ lead: Set<String>) -> Double {
    var share = Self.leadShare * Self.share(of: term, in: lead)
    for (depth, heading) in unit.headings.enumerated() {
      let worth = depth == 0 ? Self.titleShare : Self.headingShare
      share = max(share, worth * Self.share(of: term, in: heading))
    }
    return share
  }

  /// The words of the sentence that introduces the unit, and of its table's header.
  private func nearbyStems(_ unit: EvidenceUnit) -> Set<String> {
    var stems: Set<String> = []
    if let lead = unit.lead { stems.formUnion(evidence.units[unit.passage][lead].stems) }
    if let row = unit.row {
      stems.formUnion(row.header.flatMap { TextAnalysis.contentWords(in: $0).map(\.stem) })
    }
    return stems
  }

  /// Dice's coefficient of the question and the innermost heading, by weight on the question's side.
  private func headingMatch(_ unit: EvidenceUnit) -> Double {
    guard let heading = unit.headings.last, !heading.isEmpty else { return 0 }
    let whole = max(evidence.weights.reduce(0, +), .leastNonzeroMagnitude)
    var asked = 0.0
    var matched: Set<String> = []
    for (term, weight) in zip(question.terms, evidence.weights) {
      asked += weight * Self.share(of: term, in: heading)
      matched.formUnion(heading.intersection(term.alternatives.union([term.stem])))
    }
    let recall = asked / whole
    let precision = Double(matched.count) / Double(heading.count)
    return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision)
  }

  private func formBonus(_ unit: EvidenceUnit) -> Double {
    let words = unit.text.lowercased().split { !$0.isLetter && !$0.isNumber }
    switch question.form {
    case .quantity: return unit.text.contains(where: \.isNumber) ? 0.1 : 0
    case .reason:
      return words.contains { ["because", "since", "reason", "therefore"].contains($0) } ? 0.12 : 0
    case .instruction: return unit.kind == .listItem || unit.text.contains("`") ? 0.08 : 0
    case .definition:
      guard let term = question.terms.first?.stem, unit.stems.prefix(2).contains(term) else { return 0 }
      return words.prefix(6).contains { ["is", "are", "means"].contains($0) } ? 0.15 : 0.05
    case .other: return 0
    }
  }

  /// Words that are neighbours in the question and in the unit mean what they mean together.
  private func proximityBonus(_ unit: EvidenceUnit) -> Double {
    let pairs = zip(question.terms, question.terms.dropFirst())
    let isClose = pairs.contains { first, second in
      guard let left = unit.stems.firstIndex(of: first.stem),
        let right = unit.stems.firstIndex(of: second.stem)
      else { return false }
      return abs(left - right) <= 2
    }
    return isClose ? 0.08 : 0
  }

  private func penalty(_ unit: EvidenceUnit) -> Double {
    let words = unit.text.split(whereSeparator: \.isWhitespace).count
    var penalty = words > 45 && unit.kind != .code ? 0.1 : 0
    if words < 4, unit.kind == .prose { penalty += 0.2 }
    if unit.text.hasSuffix("?") { penalty += 0.3 }
    if unit.kind == .code { penalty += 0.1 }
    return penalty
  }
}
