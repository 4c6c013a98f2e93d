/// What the chat graph knows while it works on one question.
///
/// The answer's text is not part of it: it streams out as ``ChatPayload/token(_:)`` and is kept by whoever consumes the
/// run, so that a checkpoint never costs more than the passages.
public struct ChatState: GraphState, Hashable {
  public let question: String
  /// The conversation so far, oldest first, without the question.
  public let history: [ChatMessage]
  public var route: ChatRoute?
  /// What the search found; `nil` again once that is reranked, for then nobody needs it and every checkpoint would carry
  /// it.
  public var retrieval: Retrieval?
  /// The passages that the answer may cite: mark `[n]` is `passages[n - 1]`.
  public var passages: [Passage] = []
  public var generation: Generation?

  public init(question: String, history: [ChatMessage] = []) {
    self.question = question
    self.history = history
  }

  public enum Update: Codable, Sendable, Hashable {
    case routed(ChatRoute)
    case retrieved(Retrieval)
    /// The passages for the model, as ``ContextPacker`` made them.
    case reranked([Passage])
    case generated(Generation)
  }

  public mutating func apply(_ update: Update) {
    switch update {
    case .routed(let route): self.route = route
    case .retrieved(let retrieval): self.retrieval = retrieval
    case .reranked(let passages):
      self.passages = passages
      retrieval = nil
    case .generated(let generation): self.generation = generation
    }
  }
}

/// Who answers: the `agent` of `routing_complete`.
public enum ChatRoute: String, Codable, Sendable, Hashable {
  /// From the documents.
  case documents = "rag_agent"
  /// Without them: a greeting, thanks, a question about Rill itself as a speaker.
  case direct
}

/// How the generation ended.
public struct Generation: Codable, Sendable, Hashable {
  public var finishReason: FinishReason
  /// As the model counted; `nil` when it did not say.
  public var usage: TokenUsage?
  /// Pieces of text that the model sent.
  public var tokenCount: Int

  public init(finishReason: FinishReason, usage: TokenUsage?, tokenCount: Int) {
    self.finishReason = finishReason
    self.usage = usage
    self.tokenCount = tokenCount
  }
}

/// What nodes of the chat graph emit while they run. The event carries the node's name: only tokens of
/// ``ChatGraph/generate`` belong to the answer.
public enum ChatPayload: Sendable, Hashable {
  case token(String)
  /// Something went wrong that the run survives: a sentence for the user, and for the log what was behind it.
  case warning(String, detail: String?)
}
