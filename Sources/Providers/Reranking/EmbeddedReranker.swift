public import Graph

/// Orders passages without a model of its own: by the question's words and where they stand, by the sentence that is
/// nearest to the question, by the words that the best candidates use, and by how the candidates support each other.
///
/// Vectors come from the search; without them it works with words alone. A passage is dropped when it is far from the
/// question, when it says the same as a better one, or when there are enough better ones.
public struct EmbeddedReranker: Reranker {
  public let name = "embedded"
  let weights: RerankWeights
  private let reader = StemReader()

  public init() {
    self.init(weights: RerankWeights())
  }

  init(weights: RerankWeights) {
    self.weights = weights
  }

  public func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    let passages = request.candidates.map(\.passage)
    let words = CandidateWords(reader.read(question: request.query, passages: passages))
    try Task.checkCancellation()
    let signals = WordSignals(words)
    let nearness = Nearness(request)
    let scores = scores(passages, words, signals, nearness)
    try Task.checkCancellation()
    // A stable order: equal scores keep the order of the search.
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    var choice = PassageChoice(
      weights: weights, limit: request.limit, termCount: words.terms.count, stemCount: words.rarity.count)
    return order.map { index in
      let verdict = choice.judge(
        PassageChoice.Item(
          profile: words.profiles[index], found: signals.found[index], coverage: signals.coverage[index],
          inHeadings: signals.inHeadings[index], cosine: nearness.best(index)))
      return RankedPassage(
        passage: passages[index], score: scores[index], isKept: verdict.isKept, reason: verdict.reason)
    }
  }

  private func scores(
    _ passages: [Passage], _ words: CandidateWords, _ signals: WordSignals, _ nearness: Nearness
  ) -> [Double] {
    let search = StandardScores.of(passages.map(\.score))
    // Nobody can say more than the search did when the question has neither words nor a vector.
    guard !words.terms.isEmpty || nearness.isKnown else { return search }
    let feedback = nearness.isKnown ? weights.feedback : weights.feedbackByWords
    let support = nearness.isKnown ? weights.support : weights.supportByWords
    let parts = [
      (weights.sentence, nearness.sentences), (feedback, FeedbackWords.scores(words, by: search)),
      (weights.pairs, signals.pairs), (weights.headings, signals.headings),
    ]
    var sum = search
    for (weight, part) in parts {
      for (index, score) in StandardScores.of(part).enumerated() { sum[index] += weight * score }
    }
    return SimilarityGraph(words, vectors: nearness.vectors)
      .propagate(StandardScores.of(sum), share: support, steps: weights.steps)
  }
}
