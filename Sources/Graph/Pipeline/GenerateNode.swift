import Synchronization

/// Lets the model answer and passes its words on.
struct GenerateNode: Sendable {
  let model: any LanguageModel
  let clock: any Clock<Duration>
  let settings: ChatGraph.Settings

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    let prompts = PromptBuilder(state: state, contextTokens: model.descriptor.contextTokens).prompts()
    let answer = AnswerProgress(
      maxBytes: settings.maxAnswerBytes, maxTokens: settings.maxAnswerTokens,
      passageCount: state.passages.count)
    for (index, prompt) in prompts.enumerated() {
      do {
        try await answerOnce(prompt, state, answer, context)
        break
      } catch let error as ModelError
        where error.code == .contextTooLong && index + 1 < prompts.count && answer.isEmpty
      {
        // The next prompt is shorter; nothing of the answer has been shown yet.
        continue
      } catch is AnswerProgress.LimitReached {
        answer.finish(.length)
        break
      }
    }
    if let rest = answer.rest() { try await context.emit(.token(rest)) }
    guard !answer.isEmpty else {
      throw ModelError(.unavailable, "The model returned an empty answer. Try again, or ask in other words.")
    }
    return .generated(answer.generation)
  }

  private func answerOnce(
    _ prompt: [ChatMessage], _ state: ChatState, _ answer: AnswerProgress,
    _ context: NodeContext<ChatPayload>
  ) async throws {
    let request = ModelRequest(
      messages: prompt, question: state.question, passages: state.passages)
    try await withIdleTimeout(settings.idleTimeout, clock: clock) { activity in
      let output = ModelOutput(
        offer: { event in
          guard context.deliversAtOnce else { return false }
          activity.touch()
          if let text = try answer.take(event) { try context.offer(.token(text)) }
          return true
        },
        send: { event in
          activity.touch()
          if let text = try answer.take(event) { try await context.emit(.token(text)) }
        })
      try await model.respond(to: request, output: output)
    }
  }
}

/// What has come of an answer so far.
private final class AnswerProgress: Sendable {
  struct LimitReached: Error {}

  private struct State {
    var bytes = 0
    var tokens = 0
    var usage: TokenUsage?
    var finishReason = FinishReason.stop
    var citations: CitationFilter
  }

  private let maxBytes: Int
  private let maxTokens: Int
  private let state: Mutex<State>

  init(maxBytes: Int, maxTokens: Int, passageCount: Int) {
    self.maxBytes = maxBytes
    self.maxTokens = maxTokens
    state = Mutex(State(citations: CitationFilter(passageCount: passageCount)))
  }

  var isEmpty: Bool { state.withLock { $0.tokens == 0 } }

  var generation: Generation {
    state.withLock {
      Generation(finishReason: $0.finishReason, usage: $0.usage, tokenCount: $0.tokens)
    }
  }

  /// - Returns: what the user may see of it now; `nil` when that is nothing.
  func take(_ event: ModelEvent) throws -> String? {
    switch event {
    case .text(let piece): return try add(piece.storable)
    case .usage(let usage): state.withLock { $0.usage = usage }
    case .finished(let reason): finish(reason)
    case .activity: break
    }
    return nil
  }

  private func add(_ text: String) throws -> String? {
    try state.withLock {
      guard $0.bytes + text.utf8.count <= maxBytes, $0.tokens < maxTokens else { throw LimitReached() }
      $0.bytes += text.utf8.count
      $0.tokens += 1
      let shown = $0.citations.filter(text)
      return shown.isEmpty ? nil : shown
    }
  }

  /// What was held back and can be shown now that no more comes; `nil` when that is nothing.
  func rest() -> String? {
    state.withLock {
      let rest = $0.citations.finish()
      return rest.isEmpty ? nil : rest
    }
  }

  func finish(_ reason: FinishReason) { state.withLock { $0.finishReason = reason } }
}
