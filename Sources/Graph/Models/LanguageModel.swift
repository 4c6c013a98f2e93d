/// A model that answers a conversation as a stream of events.
///
/// A provider is one type in the `Providers` module. It holds no state of a run: the whole life of an answer is one
/// call of ``respond(to:emit:)``, so cancelling the calling task is all it takes to stop it.
public protocol LanguageModel: Sendable {
  /// What the page and the logs call this model.
  var descriptor: ModelDescriptor { get }

  /// Produces one answer and returns when it is complete.
  ///
  /// - Parameters:
  ///   - request: the prompt, and what it was made from.
  ///   - output: receives every event, in order.
  /// - Throws: ``ModelError``, `CancellationError` when the task was cancelled, or what `output` threw. When it throws or
  ///   returns, nothing of the call is left behind: an upstream connection has been closed.
  func respond(to request: ModelRequest, output: ModelOutput) async throws

  /// Asks whether the model can be reached now, for `GET /ready`.
  ///
  /// - Throws: ``ModelError`` with the reason.
  func checkAvailability() async throws
}

extension LanguageModel {
  /// Produces one answer, whose events are received in the caller's task.
  /// - Parameter receive: suspends while it is behind; throws when nobody wants the rest.
  public func respond(
    to request: ModelRequest, receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    try await respond(to: request, output: ModelOutput(send: receive))
  }
}

/// Where the events of one answer go, one after the other.
public struct ModelOutput: Sendable {
  /// Takes an event at once, on whatever thread it was read; returns `false` to leave it, and those that follow, to
  /// ``send``. A provider need not ask. It throws when nobody wants the rest.
  public let offer: @Sendable (ModelEvent) throws -> Bool
  /// Takes an event in the caller's task. It suspends while the consumer is behind; a provider stops reading its source
  /// meanwhile. It throws when the consumer is gone.
  public let send: @Sendable (ModelEvent) async throws -> Void

  public init(
    offer: @escaping @Sendable (ModelEvent) throws -> Bool = { _ in false },
    send: @escaping @Sendable (ModelEvent) async throws -> Void
  ) {
    self.offer = offer
    self.send = send
  }
}

/// The name of a model and of who provides it, as they appear in `metadata`.
public struct ModelDescriptor: Sendable, Hashable, Codable {
  /// `extractive` or `openai`.
  public let provider: String
  /// The model's own name, for example `gpt-4o-mini`.
  public let model: String
  /// How many tokens of prompt and answer the model takes together; `nil` when it is not known.
  public let contextTokens: Int?

  public init(provider: String, model: String, contextTokens: Int? = nil) {
    self.provider = provider
    self.model = model
    self.contextTokens = contextTokens
  }
}

/// What a model is asked.
public struct ModelRequest: Sendable, Hashable, Codable {
  /// The prompt, in the order in which a chat model reads it.
  public var messages: [ChatMessage]
  /// The user's question as it was asked, for models that do not read prompts.
  public var question: String
  /// The numbered passages the answer rests on: passage `n` of the answer's marks is `passages[n - 1]`. Empty when the
  /// question is answered directly.
  public var passages: [Passage]
  /// Upper bound of the answer in tokens; `nil` leaves it to the model.
  public var maxTokens: Int?

  public init(
    messages: [ChatMessage], question: String, passages: [Passage] = [], maxTokens: Int? = nil
  ) {
    self.messages = messages
    self.question = question
    self.passages = passages
    self.maxTokens = maxTokens
  }
}

/// One message of a prompt.
public struct ChatMessage: Sendable, Hashable, Codable {
  public enum Role: String, Sendable, Hashable, Codable {
    case system, user, assistant
  }

  public var role: Role
  public var content: String

  public init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// What happens while a model answers.
public enum ModelEvent: Sendable, Hashable {
  /// A piece of the answer, never empty and always whole characters' worth of UTF-8.
  case text(String)
  /// The model is alive but has nothing to show (a keep-alive, hidden reasoning): it resets the idle time.
  case activity
  /// What the call cost.
  case usage(TokenUsage)
  /// The model has finished, and why. The last event of a complete answer.
  case finished(FinishReason)
}

/// Tokens as the model counts them.
public struct TokenUsage: Sendable, Hashable, Codable {
  public var promptTokens: Int
  public var completionTokens: Int

  public init(promptTokens: Int, completionTokens: Int) {
    self.promptTokens = promptTokens
    self.completionTokens = completionTokens
  }
}

/// Why a model stopped, with the names of the OpenAI API.
public enum FinishReason: String, Sendable, Hashable, Codable {
  case stop, length
  case contentFilter = "content_filter"
}
