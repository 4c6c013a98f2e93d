public import Foundation
public import Graph
import Synchronization

/// A model behind any server that speaks OpenAI's chat completions: OpenAI, Ollama, llama.cpp, vLLM,
/// OpenRouter and others.
///
/// It never tries again by itself: whoever asked decides whether an answer is worth paying for twice.
public final class OpenAIModel: LanguageModel {
  /// The longest frame of a stream, in bytes: thousands of times what a token needs.
  private static let frameLimit = 1 << 20
  /// What the descriptor says until the server was asked for a model.
  private static let unknownModel = "default"

  private let endpoint: OpenAIEndpoint
  private let transport: HTTPTransport
  private let listTimeout: Duration
  private let now: @Sendable () -> Date
  private let known: Mutex<ModelDescriptor?>

  /// - Parameters:
  ///   - model: `nil` takes the first that the server lists, when the first answer is asked for.
  ///   - contextTokens: what the model takes, when it is known.
  ///   - listTimeout: how long the list of models may take, when the model's name or its availability is
  ///     asked for.
  ///   - now: the time by which the dates of a server's headers are measured.
  public init(
    endpoint: OpenAIEndpoint, model: String?, contextTokens: Int? = nil, transport: HTTPTransport,
    listTimeout: Duration = ModelDiscovery.listTimeout,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.endpoint = endpoint
    self.transport = transport
    self.listTimeout = listTimeout
    self.now = now
    known = Mutex(
      model.map { ModelDescriptor(provider: "openai", model: $0, contextTokens: contextTokens) })
  }

  public var descriptor: ModelDescriptor {
    known.withLock(\.self) ?? ModelDescriptor(provider: "openai", model: Self.unknownModel)
  }

  public func respond(to request: ModelRequest, output: ModelOutput) async throws {
    let failures = UpstreamFailure(redaction: endpoint.redaction)
    let decoder = ChatStreamDecoder(failures: failures, frameLimit: Self.frameLimit, now: now)
    let model = try await modelName()
    do {
      // Made in place: nobody keeps the prompt's bytes once they are sent.
      try await transport.withExchange(
        endpoint.chatRequest(request, model: model), decoder: decoder, offer: output.offer
      ) { exchange in
        while let batch = try await exchange.next() {
          for event in batch { try await output.send(event) }
        }
      }
    } catch let error as HTTPTransportError {
      throw failures.error(error)
    }
    // An answer that was complete is not an answer when its reader has gone meanwhile.
    try Task.checkCancellation()
  }

  public func checkAvailability() async throws {
    _ = try await ModelList.load(from: endpoint, transport: transport, timeout: listTimeout, now: now)
  }

  private func modelName() async throws -> String {
    if let known = known.withLock(\.self) { return known.model }
    let list = try await ModelList.load(
      from: endpoint, transport: transport, timeout: listTimeout, now: now)
    guard let first = list.data.first else {
      throw ModelError(.rejected, "The model's server has no model. Install one there, then try again.")
    }
    known.withLock {
      $0 = ModelDescriptor(provider: "openai", model: first.id, contextTokens: first.contextTokens)
    }
    return first.id
  }
}
