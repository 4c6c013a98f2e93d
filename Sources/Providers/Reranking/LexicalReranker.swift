public import Graph

/// Orders passages by how much of the question they hold, and how close together.
///
/// BM25 sees a bag of words. This step looks at where they stand: in one sentence, side by side, in the title and headings.
/// It needs no model, and takes a few milliseconds for two dozen passages. A passage is dropped when it covers too little
/// of the question, when it says the same as a better one, or when there are enough better ones.
public struct LexicalReranker: Reranker {
  public let name = "lexical"
  let weights: RerankWeights

  public init() {
    self.init(weights: RerankWeights())
  }

  init(weights: RerankWeights) {
    self.weights = weights
  }

  public func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    try await rerank(
      query: request.query, candidates: request.candidates.map(\.passage), limit: request.limit)
  }

  func rerank(query: String, candidates: [Passage], limit: Int) async throws -> [RankedPassage] {
    let profiles = candidates.map(PassageProfile.init)
    let terms = QueryTerms(query, in: profiles)
    let best = candidates.map(\.score).max() ?? 0
    var scored: [Scored] = []
    for (passage, profile) in zip(candidates, profiles) {
      try Task.checkCancellation()
      let match = PassageMatch(terms, profile)
      let retrieval = best > 0 ? max(passage.score, 0) / best : 0
      scored.append(
        Scored(
          passage: passage, profile: profile, match: match,
          score: weights.score(match, retrieval: retrieval)))
    }
    // A stable order: equal scores keep the order of retrieval.
    let order = scored.indices.sorted { (scored[$1].score, $0) < (scored[$0].score, $1) }
    return choose(order.map { scored[$0] }, termCount: terms.terms.count, limit: limit)
  }

  private struct Scored {
    let passage: Passage
    let profile: PassageProfile
    let match: PassageMatch
    let score: Double
  }

  private func choose(_ ordered: [Scored], termCount: Int, limit: Int) -> [RankedPassage] {
    var kept: [PassageProfile] = []
    return ordered.map { item in
      let covered =
        "\(item.match.coveredCount) of \(termCount) \(termCount == 1 ? "word" : "words") of the question"
      func ranked(_ isKept: Bool, _ reason: String) -> RankedPassage {
        RankedPassage(passage: item.passage, score: item.score, isKept: isKept, reason: reason)
      }
      guard weights.isRelevant(item.match, termCount: termCount) else {
        return ranked(
          false, item.match.coveredCount == 0 ? "covers no word of the question" : "covers only \(covered)")
      }
      if let twin = kept.firstIndex(where: { $0.similarity(to: item.profile) >= weights.duplicateSimilarity })
      {
        return ranked(false, "near-duplicate of passage \(twin + 1)")
      }
      guard kept.count < limit else { return ranked(false, "below the limit of \(limit)") }
      kept.append(item.profile)
      guard termCount > 0 else { return ranked(true, "kept in the order of the search") }
      let inHeadings = item.match.headingCount
      return ranked(
        true, "covers \(covered)" + (inHeadings > 0 ? ", \(inHeadings) in its title or headings" : ""))
    }
  }
}
