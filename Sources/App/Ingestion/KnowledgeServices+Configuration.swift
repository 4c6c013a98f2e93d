import Foundation
import Graph
import Logging
import Providers
import Storage

extension KnowledgeServices {
  /// What a configuration asks for.
  /// - Parameter choice: what `discovery` chose.
  /// - Throws: ``StoreError``.
  static func make(
    _ configuration: RillConfiguration, stores: Stores, cluster: (any Cluster)?, time: RunTime = .system,
    discovery: EmbedderDiscovery, choice: EmbedderDiscovery.Choice, logger: Logger
  ) async throws -> KnowledgeServices {
    let settings = configuration.documents
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
