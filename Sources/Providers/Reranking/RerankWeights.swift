/// How the signs of a good passage are put together.
///
/// Chosen once for all collections, on Cranfield and on six sets of other kinds (see `docs/retrieval.md`), on a plateau:
/// a third more or less of any weight changes the mean of nDCG@10 over them by less than 0.01.
struct RerankWeights: Sendable, Hashable {
  /// The cosine of the sentence that is nearest to the question.
  var sentence = 0.3
  /// Words that the best candidates use.
  var feedback = 0.4
  /// Neighbours in the question that are neighbours in the passage.
  var pairs = 0.1
  /// Words of the question in the title and headings.
  var headings = 0.1
  /// How much of a score comes from similar candidates, and over how many steps.
  var support = 0.5
  var steps = 2
  /// The same without vectors: words alone tell less surely what is similar, and where the best passages are wrong they
  /// lead further astray.
  var feedbackByWords = 0.2
  var supportByWords = 0.3

  /// A passage whose text or best sentence has at least this cosine with the question is near to it. Between a question
  /// and a collection about other things, the best cosine of all is below that for two questions out of three; 19 of 20
  /// relevant passages lie above it.
  var minimumCosine = 0.3
  /// A passage with this share of the question's words is kept wherever its vector lies.
  var ampleWords = 0.5
  /// Without vectors: a passage with less than this share of the question's rarity is about something else. A higher bound costs
  /// relevant passages of long questions.
  var minimumCoverage = 0.12
  /// Without vectors: a passage with this share of the question's words is kept however common they are: in "how to stop
  /// a run" every candidate may hold "stop".
  var sufficientWords = 0.3
  /// Passages that share this much of their words (Jaccard index) say the same.
  var duplicateSimilarity = 0.8
}
