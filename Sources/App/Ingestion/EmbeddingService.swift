import Foundation
import Graph
import Logging
import Storage

/// Finds the embedder, and keeps the vectors up to date with it.
struct EmbeddingService: Sendable {
  private let dependencies: KnowledgeServices.Dependencies
  private let registry: EmbedderRegistry
  private let directory: DocumentDirectory
  private let status: EmbeddingStatus
  private let progress: IngestionProgress
  private let stored: Signal
  private let metrics: KnowledgeMetrics
  private let exchange: DocumentExchange?

  init(
    _ dependencies: KnowledgeServices.Dependencies, registry: EmbedderRegistry, directory: DocumentDirectory,
    status: EmbeddingStatus, progress: IngestionProgress, stored: Signal, metrics: KnowledgeMetrics,
    exchange: DocumentExchange?
  ) {
    self.dependencies = dependencies
    self.registry = registry
    self.directory = directory
    self.status = status
    self.progress = progress
    self.stored = stored
    self.metrics = metrics
    self.exchange = exchange
  }

  /// Works until its task is cancelled.
  func run() async throws {
    try await serveStored()
    var pause = Duration.seconds(1)
    while !Task.isCancelled {
      do {
        guard let indexer = try await makeIndexer() else { return }
        try await indexer.run()
        return
      } catch is CancellationError {
        return
      } catch {
        dependencies.logger.warning("The embedding model cannot be reached", metadata: ["error": "\(error)"])
        status.update { state in
          state.activity = .working
          state.message = EmbeddingIndexer.sentence(error, retryAfter: pause)
        }
      }
      try? await dependencies.time.sleep(pause)
      pause = min(pause * 2, EmbeddingIndexer.longestPause)
    }
  }

  /// - Returns: `nil` when there is no embedder.
  /// - Throws: ``ModelError`` when its endpoint cannot be reached.
  func makeIndexer() async throws -> EmbeddingIndexer? {
    let embedder: any Embedder
    if let known = dependencies.embedder {
      embedder = known
    } else if let connect = dependencies.connect {
      embedder = try await connect()
      registry.add(embedder)
    } else {
      return nil
    }
    return EmbeddingIndexer(
      embeddings: dependencies.stores.embeddings, directory: directory, status: status, progress: progress,
      stored: stored, metrics: metrics, time: dependencies.time, logger: dependencies.logger,
      embedder: embedder, exchange: exchange,
      agreement: exchange.map {
        EmbeddingAgreement(cluster: $0.cluster, settings: dependencies.stores.settings)
      })
  }

  /// The vectors that are there serve from the start, while new ones are made or their model is looked for.
  private func serveStored() async throws {
    let models = try await dependencies.stores.embeddings.embeddingModels()
    guard let serving = models.first(where: { $0.isServing }), registry[serving.descriptor.id] != nil else {
      return
    }
    status.serve(serving.descriptor.id)
    try await dependencies.stores.embeddings.loadVectors(model: serving.descriptor.id)
  }
}
