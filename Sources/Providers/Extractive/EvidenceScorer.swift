import Graph

/// Says how well a unit answers a question.
struct EvidenceScorer {
  let evidence: Evidence
  let question: QuestionTerms

  struct Score {
    /// The share of the question, by weight, that the unit speaks of, headings and lead included; from 0 to
    /// 1.
    var coverage: Double
    /// The same, by its own words alone.
    var ownCoverage: Double
    /// How much the innermost heading and the question are the same; from 0 to 1.
    var headingMatch: Double
    /// Higher is better; comparable within one question.
    var total: Double
  }

  // What a word counts for where it stands, when the unit itself does not hold it. Chosen by hand on Rill's
  // own documentation; the tests hold the choice in place.
  private static let alternativeShare = 0.8
  private static let leadShare = 0.6
  private static let headingShare = 0.6
  private static let titleShare = 0.5

  func score(_ unit: EvidenceUnit) -> Score {
    let stems = Set(unit.stems)
    let nearby = nearbyStems(unit)
    let heading = headingMatch(unit)
    var own = 0.0
    var covered = 0.0
    for (term, weight) in zip(question.terms, evidence.weights) {
      let ownShare = Self.share(of: term, in: stems)
      own += weight * ownShare
      covered += weight * max(ownShare, nearbyShare(of: term, unit, nearby, heading))
    }
    let whole = max(evidence.weights.reduce(0, +), .leastNonzeroMagnitude)
    var total = 0.6 * covered / whole + 0.4 * own / whole
    total += heading * heading * heading * headingBonus(unit)
    total += 0.12 * (1 - Double(unit.passage) / Double(evidence.passages.count))
    total += formBonus(unit) + proximityBonus(unit) - penalty(unit)
    return Score(coverage: covered / whole, ownCoverage: own / whole, headingMatch: heading, total: total)
  }

  private static func share(of term: QuestionTerms.Term, in stems: Set<String>) -> Double {
    if stems.contains(term.stem) { return 1 }
    return stems.isDisjoint(with: term.alternatives) ? 0 : alternativeShare
  }

  /// What a word counts for when it stands near the unit. The closer the innermost heading is to the
  /// question, the more does what it says hold for everything below it.
  private func nearbyShare(
    of term: QuestionTerms.Term, _ unit: EvidenceUnit, _ lead: Set<String>, _ headingMatch: Double
  ) -> Double {
    var share = Self.leadShare * Self.share(of: term, in: lead)
    for (depth, heading) in unit.headings.enumerated() {
      var worth = depth == 0 ? Self.titleShare : Self.headingShare
      if depth == unit.headings.count - 1 { worth += (1 - worth) * headingMatch * headingMatch }
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

  /// Dice's coefficient of the question and the innermost heading, each side by the weights of its words: that
  /// "How to protect Rill" names what all the documents are about hardly counts.
  private func headingMatch(_ unit: EvidenceUnit) -> Double {
    guard let heading = unit.headings.last, !heading.isEmpty else { return 0 }
    var matched: Set<String> = []
    var asked = 0.0
    for (term, weight) in zip(question.terms, evidence.weights) {
      asked += weight * Self.share(of: term, in: heading)
      matched.formUnion(heading.intersection(term.alternatives.union([term.stem])))
    }
    let recall = asked / max(evidence.weights.reduce(0, +), .leastNonzeroMagnitude)
    let precision = weight(of: matched) / weight(of: heading)
    return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision)
  }

  private func weight(of stems: Set<String>) -> Double {
    stems.reduce(0) { $0 + evidence.weight(of: $1) }
  }

  /// What a unit gains when its heading is the question. The first sentence under a heading is the one that
  /// says it; lists and tables are what their heading names.
  private func headingBonus(_ unit: EvidenceUnit) -> Double {
    if unit.isItem { return 1 }
    return unit.distanceFromHeading == 0 ? 1.2 : unit.distanceFromHeading == 1 ? 0.6 : 0.4
  }

  private func formBonus(_ unit: EvidenceUnit) -> Double {
    let words = unit.text.lowercased().split { !$0.isLetter && !$0.isNumber }
    switch question.form {
    case .quantity: return unit.text.contains(where: \.isNumber) ? 0.1 : 0
    case .reason:
      return words.contains { ["because", "since", "reason", "therefore"].contains($0) } ? 0.12 : 0
    case .instruction: return unit.kind == .listItem || unit.text.contains("`") ? 0.08 : 0
    case .definition:
      guard question.terms.count <= 2, let term = question.terms.first?.stem,
        unit.stems.prefix(2).contains(term)
      else { return 0 }
      return Self.isDefinition(words) ? 0.3 : 0.05
    case .other: return 0
    }
  }

  /// "… is a …" near the start of a sentence.
  private static func isDefinition(_ words: [Substring]) -> Bool {
    zip(words.prefix(8), words.dropFirst()).contains { verb, next in
      ["is", "are", "means"].contains(verb)
        && ["a", "an", "the", "one", "part", "what", "how"].contains(next)
        || verb == "means"
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
    if words < 7, unit.kind == .prose { penalty += 0.2 }
    if unit.text.contains("?\"") || unit.text.hasSuffix("?") { penalty += 0.3 }
    // Code answers how something is done; anything else it only illustrates.
    if unit.kind == .code { penalty += question.form == .instruction ? 0.1 : 0.4 }
    return penalty
  }
}
