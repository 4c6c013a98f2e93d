import Foundation
import Graph
import Logging
import Providers
import Storage

extension KnowledgeServices {
  /// What a configuration asks for.
  /// - Throws: ``ConfigurationError``, ``StoreError``.
  static func make(
    _ configuration: RillConfiguration, stores: Stores, cluster: (any Cluster)?, time: RunTime = .system,
    transport: HTTPTransport, logger: Logger
  ) async throws -> KnowledgeServices {
    let settings = configuration.documents
    let discovery = EmbedderDiscovery(settings: settings, configuration: configuration, transport: transport)
    let choice = try discovery.choose()
    logger.info(
      "Embedding model chosen",
      metadata: ["model": "\(choice.model)", "reason": "\(choice.reason)"])
    let former = try await discovery.former(
      of: stores.embeddings.embeddingModels(), besides: choice.embedder?.descriptor.id)
    return KnowledgeServices(
      .init(
        stores: stores, cluster: cluster, folder: configuration.dataDirectory, embedder: choice.embedder,
        connect: choice.connect, formerEmbedders: former,
        embeddingMessage: choice.embedder == nil ? choice.reason : nil,
        counter: choice.counter, time: time,
        uploadLimit: settings.uploadLimit, watchedFolder: settings.watchedFolder, logger: logger))
  }
}

extension WebPageFetcher {
  init(_ configuration: RillConfiguration, transport: HTTPTransport) {
    self.init(
      download: HTTPDownload(
        transport: transport, allowsPrivateAddresses: configuration.documents.allowsPrivateURLs),
      time: .system)
  }
}
