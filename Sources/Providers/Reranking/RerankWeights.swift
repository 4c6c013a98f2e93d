/// How the signs of a good passage are put together.
///
/// Chosen on the Cranfield collection so that the order is no worse than BM25's there, with the rest of the weight on signs
/// that matter for questions to documents with headings. All signs lie between 0 and 1.
struct RerankWeights: Sendable, Hashable {
  var retrieval = 0.6
  /// Words of the question anywhere in the passage.
  var coverage = 0.12
  /// The most words of the question in one sentence.
  var sentence = 0.1
  /// Neighbours in the question that are neighbours in the passage.
  var pairs = 0.08
  /// Words of the question in the title and headings.
  var headings = 0.06
  /// How close together the words stand.
  var proximity = 0.04

  /// A passage with less than this share of the question's weight is about something else.
  var minimumCoverage = 0.2
  /// Passages that share this much of their words (Jaccard index) say the same.
  var duplicateSimilarity = 0.8

  func score(_ match: PassageMatch, retrieval score: Double) -> Double {
    retrieval * score + coverage * match.coverage + sentence * match.bestSentence + pairs * match.pairs
      + headings * match.headings + proximity * match.proximity
  }
}
