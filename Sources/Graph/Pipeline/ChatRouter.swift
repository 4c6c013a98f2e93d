import Foundation

/// Decides who answers a question.
public protocol ChatRouter: Sendable {
  /// - Parameter emit: receives tokens, when the decision takes a model; they never reach the user.
  func route(
    question: String, history: [ChatMessage], emit: @escaping @Sendable (String) async throws -> Void
  ) async throws -> ChatRoute
}

/// Decides without a model: everything is a question to the documents except small talk.
///
/// A wrong "documents" costs a search of a millisecond, a wrong "direct" costs the answer; so only whole messages that
/// are known phrases are taken for small talk.
public struct RuleRouter: ChatRouter {
  public init() {}

  public func route(
    question: String, history: [ChatMessage], emit: @escaping @Sendable (String) async throws -> Void
  ) async throws -> ChatRoute {
    Self.isSmallTalk(question) ? .direct : .documents
  }

  static func isSmallTalk(_ message: String) -> Bool {
    let words = message.lowercased()
      .replacing("’", with: "'")
      .split { !$0.isLetter && $0 != "'" }
      .map(String.init)
    guard !words.isEmpty else { return message.contains { !$0.isWhitespace && !$0.isNumber } }
    guard words.count <= 6 else { return false }
    let core = words.drop { openers.contains($0) && words.count > 1 }.filter { !fillers.contains($0) }
    return core.isEmpty || phrases.contains(core.joined(separator: " "))
      || phrases.contains(words.joined(separator: " "))
  }

  private static let openers: Set<String> = ["hello", "hi", "hey", "ok", "okay", "oh", "well"]
  private static let fillers: Set<String> = ["there", "rill", "so", "very", "please", "again", "everyone"]
  private static let phrases: Set<String> = [
    "hello", "hi", "hey", "hiya", "howdy", "greetings", "good morning", "good afternoon",
    "good evening", "good day", "good night", "hallo", "bonjour", "hola", "ciao", "moin", "servus",
    "thanks", "thank you", "thanks a lot", "many thanks", "thank you much", "thx", "ty", "cheers",
    "danke", "merci", "gracias", "bye", "goodbye", "good bye", "see you", "see you later", "ok",
    "okay", "cool", "great", "nice", "perfect", "awesome", "got it", "i see", "yes", "no", "sure",
    "how are you", "how are you doing", "how's it going", "how is it going", "what's up", "sup",
    "who are you", "what are you", "what's your name", "what is your name", "are you a bot",
    "are you human", "are you an ai", "nice to meet you", "well done", "good job", "test", "testing",
    "ping",
  ]
}

/// Asks the model itself, in one word. Costs a call of the model before every answer.
public struct ModelRouter: ChatRouter {
  private let model: any LanguageModel
  private let fallback = RuleRouter()

  public init(model: any LanguageModel) {
    self.model = model
  }

  public func route(
    question: String, history: [ChatMessage], emit: @escaping @Sendable (String) async throws -> Void
  ) async throws -> ChatRoute {
    if RuleRouter.isSmallTalk(question) { return .direct }
    let reply = TextCollector(limit: 200)
    let request = ModelRequest(
      messages: [ChatMessage(.system, Self.instruction)] + history.suffix(4)
        + [ChatMessage(.user, question)],
      question: question, maxTokens: 8)
    try await model.respond(to: request) { event in
      guard case .text(let text) = event else { return }
      reply.append(text)
      try await emit(text)
    }
    return reply.text.uppercased().contains("DIRECT") ? .direct : .documents
  }

  static let instruction = """
    You route messages. Reply with exactly one word. Reply DIRECT if the message is small talk or can be answered \
    from the conversation alone. Reply DOCUMENTS if answering it could need the user's documents. When unsure, reply \
    DOCUMENTS.
    """
}
