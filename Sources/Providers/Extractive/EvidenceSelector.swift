import Graph

/// Picks the units that make the answer.
struct EvidenceSelector {
  let evidence: Evidence
  let question: QuestionTerms

  /// Chosen units of one passage, in the order of its text.
  typealias Group = [EvidenceUnit]

  /// Below this share of the question, nothing has been said about it.
  private static let answerThreshold = 0.55
  /// What something is can be said in few words; more of them only stray from it.
  private var maximumSentences: Int { question.form == .definition ? 3 : 5 }
  private static let maximumItems = 8
  /// Length of an answer in bytes of UTF-8, code not counted.
  private static let maximumLength = 1_000

  private struct Candidate {
    let unit: EvidenceUnit
    let score: EvidenceScorer.Score
  }

  /// - Returns: the groups, the best first; `nil` when the passages do not answer the question.
  func select() -> [Group]? {
    let scorer = EvidenceScorer(evidence: evidence, question: question)
    let candidates = evidence.units.joined()
      .filter { $0.row?.isHeader != true }
      .map { Candidate(unit: $0, score: scorer.score($0)) }
      .sorted {
        ($0.score.total, -$0.unit.passage, -$0.unit.index) > (
          $1.score.total, -$1.unit.passage, -$1.unit.index
        )
      }
    guard let best = candidates.first, isAnswer(best.score) else { return nil }
    var chosen = Chosen(evidence: evidence, isInstruction: question.form == .instruction)
    chosen.add(best.unit)
    if best.score.headingMatch > 0.85 {
      if question.form == .instruction { chosen.addFirstCode(under: best.unit) }
      if best.unit.isItem { chosen.addItems(besides: best.unit) }
    }
    for candidate in candidates.dropFirst() {
      guard chosen.sentences < maximumSentences, chosen.length < Self.maximumLength else { break }
      if isWorthwhile(candidate, best: best, chosen: chosen) { chosen.add(candidate.unit) }
    }
    return chosen.groups(maximumItems: Self.maximumItems)
  }

  /// A heading that nearly is the question makes up for words that the sentence below it lacks.
  private func isAnswer(_ score: EvidenceScorer.Score) -> Bool {
    score.headingMatch > 0.6
      ? score.coverage >= 0.4
      : score.coverage >= Self.answerThreshold && score.ownCoverage > 0.15
  }

  /// Maximal marginal relevance in its simplest form: good enough beside the best, and not what was said
  /// already.
  private func isWorthwhile(_ candidate: Candidate, best: Candidate, chosen: Chosen) -> Bool {
    let isSameSection =
      candidate.unit.passage == best.unit.passage && candidate.unit.headings == best.unit.headings
    // A section whose heading is the question answers it by itself.
    let isSettled = best.score.headingMatch > 0.6
    let bar = isSettled ? (isSameSection ? 0.4 : 0.7) : (isSameSection ? 0.6 : 0.75)
    guard candidate.score.total >= bar * best.score.total,
      candidate.score.ownCoverage > 0.25 || (isSettled && isSameSection),
      isSameSection || candidate.score.coverage >= Self.answerThreshold
    else { return false }
    if !isSameSection {
      let others = Set(chosen.units.map(\.passage)).subtracting([best.unit.passage, candidate.unit.passage])
      guard others.count < (isSettled ? 1 : 2), !isSettled || candidate.score.headingMatch > 0.3 else {
        return false
      }
    }
    // The items of a list are alike by nature.
    if isSettled, isSameSection, candidate.unit.isItem {
      return true
    }
    return !chosen.units.contains { Self.similarity($0, candidate.unit) > 0.6 }
  }

  /// The overlap coefficient of the two units' words.
  private static func similarity(_ left: EvidenceUnit, _ right: EvidenceUnit) -> Double {
    let (left, right) = (Set(left.stems), Set(right.stems))
    let smaller = min(left.count, right.count)
    return smaller == 0 ? 0 : Double(left.intersection(right).count) / Double(smaller)
  }
}

/// Units that were picked, completed by those without which they make no sense.
private struct Chosen {
  private let evidence: Evidence
  private let isInstruction: Bool
  private var indexes: [Int: Set<Int>] = [:]
  /// Passages by when their first unit was picked.
  private var order: [Int] = []
  private(set) var units: [EvidenceUnit] = []

  init(evidence: Evidence, isInstruction: Bool) {
    self.evidence = evidence
    self.isInstruction = isInstruction
  }

  /// An item of a list counts half: it is shorter, and seldom alone.
  var sentences: Int {
    (units.reduce(0) { $0 + ($1.kind == .code ? 0 : $1.kind == .prose ? 2 : 1) } + 1) / 2
  }

  var length: Int { units.reduce(0) { $0 + ($1.kind == .code ? 0 : $1.text.utf8.count) } }

  mutating func add(_ unit: EvidenceUnit) {
    guard insert(unit) else { return }
    if let lead = unit.lead {
      let sentence = evidence.units[unit.passage][lead]
      // A block of code says nothing without the words before it; a list item may.
      if unit.kind == .code || sentence.text.hasSuffix(":") { insert(sentence) }
    }
    if unit.kind == .prose, Self.leansOnPrevious(unit.text), unit.distanceFromHeading > 0, unit.index > 0 {
      let previous = evidence.units[unit.passage][unit.index - 1]
      if previous.kind == .prose { insert(previous) }
    }
    addContinuation(of: unit)
  }

  /// A section that tells how to do something shows it in its first block of code.
  mutating func addFirstCode(under unit: EvidenceUnit) {
    let code = evidence.units[unit.passage].first { $0.kind == .code && $0.headings == unit.headings }
    if let code { insert(code) }
  }

  /// When a heading that is the question stands over a list or a table, all of it is the answer.
  mutating func addItems(besides unit: EvidenceUnit) {
    for item in evidence.units[unit.passage] where item.kind == unit.kind && item.headings == unit.headings {
      insert(item)
    }
  }

  /// What a colon announces, and the commands after an instruction.
  private mutating func addContinuation(of unit: EvidenceUnit) {
    guard unit.kind == .prose else { return }
    let following = evidence.units[unit.passage][(unit.index + 1)...]
      .prefix { $0.kind != .prose && $0.headings == unit.headings }
    if unit.text.hasSuffix(":") {
      for next in following { insert(next) }
    } else if isInstruction, let next = following.first, next.kind == .code {
      insert(next)
    }
  }

  /// The picks in the order of the text, passage by passage.
  func groups(maximumItems: Int) -> [EvidenceSelector.Group] {
    order.map { passage in
      var items = 0
      return (indexes[passage] ?? []).sorted().map { evidence.units[passage][$0] }.filter { unit in
        guard unit.isItem, unit.row?.isHeader != true else {
          return unit.row == nil
        }
        items += 1
        return items <= maximumItems
      }
    }
  }

  @discardableResult
  private mutating func insert(_ unit: EvidenceUnit) -> Bool {
    if indexes[unit.passage] == nil { order.append(unit.passage) }
    guard indexes[unit.passage, default: []].insert(unit.index).inserted else { return false }
    units.append(unit)
    return true
  }

  /// Whether a sentence begins with a word that stands for something in the one before it.
  private static func leansOnPrevious(_ text: String) -> Bool {
    let first = text.split { !$0.isLetter }.first?.lowercased()
    return [
      "it", "its", "this", "these", "they", "their", "that", "those", "both", "such", "otherwise", "then",
      "he", "she",
    ]
    .contains(first)
  }
}
