import Foundation
import Graph
import Logging
import Providers

/// Chooses where vectors come from.
struct EmbedderDiscovery: Sendable {
  let configuration: RillConfiguration
  let transport: HTTPTransport

  private var settings: DocumentSettings { configuration.documents }

  /// What was found.
  struct Choice: Sendable {
    /// `nil`: words alone.
    var embedder: (any Embedder)?
    /// Finds the embedder later; see ``KnowledgeServices/Dependencies/connect``.
    var connect: (@Sendable () async throws -> any Embedder)?
    /// For the log.
    var model = "none"
    /// Cuts texts to the size that the embedder reads.
    var counter: any TokenCounter = ApproximateTokenCounter()
    /// Why, in a sentence for the log; without an embedder also for the user.
    var reason: String
  }

  static let withoutWeights =
    "There is no embedding model, so passages are found by their words alone. `make embedding-model` gets one; "
    + "RILL_EMBEDDING_PROVIDER=openai uses an endpoint."

  /// - Throws: ``ConfigurationError`` when the one that was asked for cannot be used.
  func choose() throws -> Choice {
    switch settings.embeddingProvider {
    case .none:
      return Choice(
        reason: "RILL_EMBEDDING_PROVIDER is none, so passages are found by their words alone.")
    case .openai: return try endpoint()
    case .minilm:
      guard let choice = try weights() else {
        throw ConfigurationError(key: "RILL_EMBEDDING_DIR", message: Self.withoutWeights)
      }
      return choice
    case .automatic: return try weights() ?? Choice(reason: Self.withoutWeights)
    }
  }
}

extension EmbedderDiscovery {
  private func weights() throws -> Choice? {
    let folder: EmbeddingModelFolder?
    do {
      if let directory = settings.embeddingDirectory {
        folder = try EmbeddingModelFolder(opening: directory)
      } else {
        folder = EmbeddingModelFolder.find(in: places)
      }
      guard let folder else { return nil }
      let embedder = try BertEmbedder(
        folder: folder, packedFolder: configuration.dataDirectory.appending(path: "matrices"))
      return Choice(
        embedder: embedder, model: embedder.descriptor.id, counter: embedder.tokenizer,
        reason: "The weights of \(folder.name) are there.")
    } catch {
      throw ConfigurationError(key: SettingKey.embeddingDirectory.environmentName, message: error.message)
    }
  }

  /// Where weights are looked for.
  private var places: [URL] {
    [configuration.dataDirectory.appending(path: "models"), URL(filePath: ".tools/models")]
  }

  private func endpoint() throws -> Choice {
    let fallback = configuration.openAIKey == nil ? nil : OpenAIEndpoint.defaultBaseURL
    guard let base = settings.embeddingBaseURL ?? configuration.openAIBaseURL ?? fallback else {
      throw ConfigurationError(
        key: SettingKey.embeddingBaseURL.environmentName,
        message: "RILL_EMBEDDING_PROVIDER is openai, but neither this nor OPENAI_BASE_URL names the endpoint."
      )
    }
    guard let model = settings.embeddingModel else {
      throw ConfigurationError(
        key: SettingKey.embeddingModel.environmentName,
        message: "RILL_EMBEDDING_PROVIDER is openai; say which of its models makes the vectors.")
    }
    // The key of one server is never shown to another.
    let key = settings.embeddingKey ?? (settings.embeddingBaseURL == nil ? configuration.openAIKey : nil)
    guard let endpoint = OpenAIEndpoint(baseURL: base, apiKey: key) else {
      throw ConfigurationError(
        key: SettingKey.embeddingBaseURL.environmentName, message: "It is not the address of an endpoint.")
    }
    let transport = transport
    return Choice(
      connect: { try await OpenAIEmbedder.connect(to: endpoint, model: model, transport: transport) },
      model: model, reason: "The embedding model \(model) is being asked for at its endpoint.")
  }

  /// Embedders of the vectors that are stored, other than the chosen one, as far as they can be made.
  func former(of stored: [StoredEmbeddingModel], besides chosen: String?) async throws -> [any Embedder] {
    guard stored.contains(where: { $0.isServing && $0.descriptor.id != chosen }) else { return [] }
    let ids = Set(stored.map(\.descriptor.id))
    guard let own = try? weights()?.embedder, own.descriptor.id != chosen, ids.contains(own.descriptor.id)
    else {
      return []
    }
    return [own]
  }
}
