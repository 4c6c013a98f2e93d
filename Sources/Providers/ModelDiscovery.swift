public import Foundation
public import Graph

/// What the configuration says about the language model. Every `nil` is left to ``ModelDiscovery``.
public struct ModelSettings: Sendable, Hashable {
  /// `extractive` or `openai`; `RILL_MODEL_PROVIDER`.
  public var provider: String?
  /// With `/v1`; `OPENAI_BASE_URL`.
  public var baseURL: String?
  /// `OPENAI_API_KEY`.
  public var apiKey: Secret?
  /// `RILL_MODEL`.
  public var model: String?

  public init(provider: String? = nil, baseURL: String? = nil, apiKey: Secret? = nil, model: String? = nil) {
    self.provider = provider
    self.baseURL = baseURL
    self.apiKey = apiKey
    self.model = model
  }
}

/// A setting that cannot be followed.
public struct ModelSettingsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The environment's name of the setting, for example `RILL_MODEL`.
  public let key: String
  /// A sentence for people, without the setting's name and without any key.
  public let message: String

  public var description: String { "\(key): \(message)" }
}

/// The model that was chosen, and why.
public struct ChosenModel: Sendable {
  public let model: any LanguageModel
  /// A phrase for the log.
  public let reason: String
}

/// Decides which language model answers.
///
/// An explicit provider wins. Else a base URL or an API key means an OpenAI-compatible server. Else Ollama on
/// its usual port, when it has a model. Else the extractive answerer, which needs nothing.
public struct ModelDiscovery: Sendable {
  /// Where Ollama listens unless it was told otherwise.
  public static let ollamaBaseURL = "http://127.0.0.1:11434/v1"
  /// How long Ollama may take to list its models at the start.
  public static let probeTimeout: Duration = .milliseconds(300)
  /// How long a configured server may take to list its models.
  public static let listTimeout: Duration = .seconds(5)
  /// The model for OpenAI's own server, which lists many that are not made for chat.
  public static let defaultOpenAIModel = "gpt-4o-mini"

  private let transport: HTTPTransport
  private let ollamaBaseURL: String
  private let probeTimeout: Duration
  private let listTimeout: Duration
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> Date

  /// - Parameters:
  ///   - probeTimeout: how long Ollama may take to list its models.
  ///   - listTimeout: how long a configured server may take for it.
  ///   - clock: paces the extractive answerer.
  ///   - now: the time by which the dates of a server's headers are measured.
  public init(
    transport: HTTPTransport, ollamaBaseURL: String = ModelDiscovery.ollamaBaseURL,
    probeTimeout: Duration = ModelDiscovery.probeTimeout, listTimeout: Duration = ModelDiscovery.listTimeout,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.transport = transport
    self.ollamaBaseURL = ollamaBaseURL
    self.probeTimeout = probeTimeout
    self.listTimeout = listTimeout
    self.clock = clock
    self.now = now
  }

  /// - Throws: ``ModelSettingsError``, which names the setting that is wrong, or `CancellationError`.
  public func choose(_ settings: ModelSettings) async throws -> ChosenModel {
    switch settings.provider {
    case "extractive": return extractive(reason: "RILL_MODEL_PROVIDER is extractive")
    case "openai": return try await openAI(settings)
    case .some:
      throw ModelSettingsError(key: "RILL_MODEL_PROVIDER", message: "It must be extractive or openai.")
    case nil: break
    }
    if settings.baseURL != nil || settings.apiKey?.isEmpty == false { return try await openAI(settings) }
    if let ollama = try await ollama(settings) { return ollama }
    guard settings.model == nil else {
      throw ModelSettingsError(
        key: "RILL_MODEL",
        message:
          "No server was found for this model. Set OPENAI_BASE_URL to its address, or start Ollama."
      )
    }
    return extractive(reason: "no model is configured and Ollama is not running")
  }

  private func extractive(reason: String) -> ChosenModel {
    ChosenModel(model: ExtractiveModel(clock: clock), reason: reason)
  }

  private func openAI(_ settings: ModelSettings) async throws -> ChosenModel {
    guard settings.baseURL != nil || settings.apiKey?.isEmpty == false else {
      throw ModelSettingsError(
        key: "OPENAI_API_KEY",
        message:
          "The provider openai needs a key, or OPENAI_BASE_URL with the address of a server that takes none.")
    }
    guard
      let endpoint = OpenAIEndpoint(
        baseURL: settings.baseURL ?? OpenAIEndpoint.defaultBaseURL, apiKey: settings.apiKey)
    else {
      throw ModelSettingsError(
        key: "OPENAI_BASE_URL",
        message: "It must be an address such as http://127.0.0.1:8080/v1, without a query.")
    }
    guard endpoint.accepts(settings.apiKey) else {
      throw ModelSettingsError(key: "OPENAI_API_KEY", message: "It holds characters that no key can hold.")
    }
    let reason = settings.baseURL == nil ? "OPENAI_API_KEY is set" : "OPENAI_BASE_URL is set"
    if let model = settings.model ?? (endpoint.isOpenAI ? Self.defaultOpenAIModel : nil) {
      return ChosenModel(model: openAIModel(endpoint, model), reason: reason)
    }
    // A server that is down now may be up when the first question comes: the model asks again then.
    let entry = try await entries(of: endpoint, within: listTimeout)?.first
    return ChosenModel(model: openAIModel(endpoint, entry?.id, entry?.contextTokens), reason: reason)
  }

  private func ollama(_ settings: ModelSettings) async throws -> ChosenModel? {
    guard let endpoint = OpenAIEndpoint(baseURL: ollamaBaseURL),
      let entries = try await entries(of: endpoint, within: probeTimeout), let first = entries.first
    else { return nil }
    let reason = "Ollama is running"
    guard let wanted = settings.model else {
      return ChosenModel(model: openAIModel(endpoint, first.id), reason: reason)
    }
    // Ollama lists llama3.2 as llama3.2:latest.
    guard entries.contains(where: { $0.id == wanted || $0.id == wanted + ":latest" }) else {
      let names = entries.prefix(10).map(\.id).joined(separator: ", ")
      throw ModelSettingsError(
        key: "RILL_MODEL", message: "Ollama does not have this model. It has: \(names).")
    }
    return ChosenModel(model: openAIModel(endpoint, wanted), reason: reason)
  }

  private func openAIModel(_ endpoint: OpenAIEndpoint, _ model: String?, _ contextTokens: Int? = nil)
    -> OpenAIModel
  {
    OpenAIModel(
      endpoint: endpoint, model: model, contextTokens: contextTokens, transport: transport,
      listTimeout: listTimeout,
      now: now)
  }

  /// The models of a server; `nil` when it does not answer as one.
  private func entries(of endpoint: OpenAIEndpoint, within timeout: Duration) async throws -> [ModelList
    .Entry]?
  {
    do {
      return try await ModelList.load(from: endpoint, transport: transport, timeout: timeout, now: now).data
    } catch is ModelError {
      return nil
    }
  }
}
