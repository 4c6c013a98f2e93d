/// How the signs of a good passage are put together.
///
/// Chosen on the Cranfield collection, where nDCG@10 of the first 24 results of BM25 rises from 0.533 to 0.542; each sign
/// helps there by itself, and none was pushed to its optimum, because other collections differ. All signs lie between 0
/// and 1.
struct RerankWeights: Sendable, Hashable {
  var retrieval = 0.68
  /// Neighbours in the question that are neighbours in the passage.
  var pairs = 0.14
  /// Words of the question in the title and headings.
  var headings = 0.08
  /// The most words of the question in one sentence.
  var sentence = 0.05
  /// How close together the words stand.
  var proximity = 0.05

  /// A passage with less than this share of the question's weight is about something else. A higher bound costs relevant
  /// passages of long questions: at 0.2 nDCG@10 falls to 0.50.
  var minimumCoverage = 0.12
  /// A passage with this share of the question's words is kept however common they are: in "how to stop a run" every
  /// candidate may hold "stop".
  var sufficientWords = 0.3
  /// Passages that share this much of their words (Jaccard index) say the same.
  var duplicateSimilarity = 0.8

  func isRelevant(_ match: PassageMatch, termCount: Int) -> Bool {
    termCount == 0 || match.coverage >= minimumCoverage
      || Double(match.coveredCount) >= sufficientWords * Double(termCount)
  }

  func score(_ match: PassageMatch, retrieval score: Double) -> Double {
    retrieval * score + pairs * match.pairs + headings * match.headings + sentence * match.bestSentence
      + proximity * match.proximity
  }
}
