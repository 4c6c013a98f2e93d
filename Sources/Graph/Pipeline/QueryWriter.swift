/// Makes of a question and the conversation before it what is searched for.
public protocol QueryWriter: Sendable {
  /// - Throws: `CancellationError` only; whoever cannot do better gives the question itself.
  func query(question: String, history: [ChatMessage]) async throws -> RetrievalQuery
}

/// Completes follow-ups by rule; see ``RetrievalQuery``.
public struct RuleQueryWriter: QueryWriter {
  public init() {}

  public func query(question: String, history: [ChatMessage]) async throws -> RetrievalQuery {
    RetrievalQuery(question: question, history: history)
  }
}

/// Lets the model write out what a follow-up leaves unsaid: "and its side effects?" becomes "What are the side effects of
/// aspirin?". Other questions cost nothing. When the model fails or takes too long, the rule does it.
public struct ModelQueryWriter: QueryWriter {
  private let model: any LanguageModel
  private let clock: any Clock<Duration>
  private let patience: Duration

  /// - Parameter patience: how long the answer may wait for this.
  public init(
    model: any LanguageModel, clock: any Clock<Duration> = ContinuousClock(), patience: Duration = .seconds(4)
  ) {
    self.model = model
    self.clock = clock
    self.patience = patience
  }

  public func query(question: String, history: [ChatMessage]) async throws -> RetrievalQuery {
    let rule = RetrievalQuery(question: question, history: history)
    guard !history.isEmpty, RetrievalQuery.leansOnHistory(question) else { return rule }
    let reply = TextCollector(limit: 600)
    do {
      // Never touched, the monitor makes it a limit of the whole time.
      try await withIdleTimeout(patience, clock: clock) { _ in
        try await model.respond(to: Self.request(question, history)) { event in
          if case .text(let text) = event { reply.append(text) }
        }
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      return rule
    }
    guard let written = Self.question(in: reply.text) else { return rule }
    // The user's own words stay in the search: the model may have misunderstood them.
    return RetrievalQuery(written, also: rule.texts)
  }

  private static func request(_ question: String, _ history: [ChatMessage]) -> ModelRequest {
    let recent = history.suffix(4).map { message in
      ChatMessage(message.role, String(message.content.prefix(1_000)))
    }
    return ModelRequest(
      messages: [ChatMessage(.system, instruction)] + recent + [ChatMessage(.user, question)],
      question: question, maxTokens: 80)
  }

  /// The reply's first line, if it can be a question.
  static func question(in reply: String) -> String? {
    let line = reply.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let question = line.trimming { $0.isWhitespace || $0 == "\"" || $0 == "“" || $0 == "”" }
    return (3...500).contains(question.count) ? question : nil
  }

  static let instruction = """
    You prepare searches. Rewrite the user's last message as one question that can be understood without the \
    conversation: put the names of what it refers to in place of words like "it" or "they". Keep its language. Reply with \
    the question only and do not answer it.
    """
}

extension String {
  /// Without the characters at both ends that fit.
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> String {
    let head = drop(while: isTrimmed)
    guard let last = head.lastIndex(where: { !isTrimmed($0) }) else { return "" }
    return String(head[...last])
  }
}
