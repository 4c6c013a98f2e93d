public import Graph

/// Answers without a language model: quotes the sentences of the passages that answer the question.
///
/// It needs no network and no files, holds no state, and is quick: an answer is chosen within a few
/// milliseconds and then handed out at a pace at which people can read along.
public struct ExtractiveModel: LanguageModel {
  /// The provider's name in ``ModelDescriptor/provider``.
  public static let provider = "extractive"
  /// The pace of a brisk language model.
  public static let defaultPace: Duration = .milliseconds(12)

  private let pace: Duration
  private let clock: any Clock<Duration>

  /// - Parameters:
  ///   - pace: the time between two pieces of an answer; zero sends them as fast as they are taken.
  ///   - clock: measures the pace.
  public init(pace: Duration = ExtractiveModel.defaultPace, clock: any Clock<Duration> = ContinuousClock()) {
    self.pace = pace
    self.clock = clock
  }

  public var descriptor: ModelDescriptor {
    ModelDescriptor(provider: Self.provider, model: "extractive-1")
  }

  public func checkAvailability() async throws {}

  public func respond(to request: ModelRequest, output: ModelOutput) async throws {
    let pieces = TokenPieces.pieces(of: Self.answer(to: request))
    let limit = request.maxTokens.map { max(0, $0) } ?? pieces.count
    for (index, piece) in pieces.prefix(limit).enumerated() {
      if index > 0, pace > .zero { try await clock.sleep(for: pace) }
      try Task.checkCancellation()
      try await output.send(.text(piece))
    }
    let prompt = request.passages.reduce(TokenPieces.pieces(of: request.question).count) {
      $0 + TokenPieces.pieces(of: $1.chunk.text).count
    }
    try await output.send(
      .usage(TokenUsage(promptTokens: prompt, completionTokens: min(limit, pieces.count))))
    try await output.send(.finished(limit < pieces.count ? .length : .stop))
  }

  /// The whole answer in Markdown.
  static func answer(to request: ModelRequest) -> String {
    if request.passages.isEmpty {
      return SmallTalk.reply(to: request.question) ?? NoAnswer.nothingFound
    }
    let history = request.messages.filter { $0.role != .system }.dropLast()
    let question = QuestionTerms(
      question: request.question,
      query: RetrievalQuery(question: request.question, history: Array(history)).text)
    let evidence = Evidence(passages: request.passages, question: question)
    guard let selection = EvidenceSelector(evidence: evidence, question: question).select() else {
      return SmallTalk.reply(to: request.question) ?? NoAnswer.text(closest: request.passages[0])
    }
    return AnswerComposer(evidence: evidence).compose(selection)
  }
}

/// What is said when the documents do not hold the answer.
enum NoAnswer {
  static let nothingFound = """
    I found nothing about this in your documents. Try other words, or add a document that covers it: drop it on the \
    page, or use `rill ingest PATH`.
    """

  static func text(closest passage: Passage) -> String {
    let place = passage.locator.isEmpty ? passage.title : "\(passage.title) › \(passage.locator)"
    return """
      I found no answer to this in your documents. The section that comes nearest is “\(place)”, but it \
      does not say it.

      Try other words, or add a document that covers it: drop it on the page, or use `rill ingest PATH`.
      """
  }
}
