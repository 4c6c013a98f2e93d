import Foundation
import Graph
import Logging

/// What is shown of the vectors.
extension EmbeddingIndexer {
  /// Shows what other nodes have done, also while this one waits for its model.
  func watchOthers() async {
    while !Task.isCancelled {
      let seen = stored.generation
      let known = status.current
      if let models = try? await embeddings.embeddingModels() { showCounts(models, unlessChangedFrom: known) }
      try? await time.sleep(Self.watchInterval)
      await stored.wait(past: seen, atMost: Self.pollInterval, time: time)
    }
  }

  /// Other nodes make the vectors, with another model.
  func standBack(from serving: StoredEmbeddingModel) {
    let message =
      "Other servers use the embedding model \(serving.descriptor.id), and this one is configured for \(model). "
      + "It begins when the last of them has gone; until then it finds passages as far as it can without."
    let isNews = status.current.message != message
    status.serve(serving.descriptor.id)
    status.update { state in
      state.model = serving.descriptor.id
      state.embedded = serving.embeddedCount
      state.total = serving.chunkCount
      state.activity = serving.embeddedCount >= serving.chunkCount ? .ready : .working
      state.message = message
    }
    if isNews {
      logger.warning(
        "Other servers use another embedding model, so this one makes no vectors",
        metadata: ["theirs": "\(serving.descriptor.id)", "own": "\(model)"])
    }
  }

  func show(_ models: [StoredEmbeddingModel], isWorking: Bool?, refused: Int = 0) {
    status.serve(models.first { $0.isServing }?.descriptor.id)
    guard let own = models.first(where: { $0.descriptor.id == model }) else { return }
    status.update { state in
      state.model = model
      state.embedded = own.embeddedCount
      state.total = own.chunkCount
      let isDone = isWorking == false || own.embeddedCount >= own.chunkCount
      // Until the model serves, searches use another one's vectors, or none.
      state.activity = isDone && own.isServing ? .ready : .working
      state.message =
        refused > 0
        ? "The embedding model refused \(refused) passages; they are found by their words alone." : nil
    }
  }

  /// What the other nodes' work changes, if it is this node's model that they work with.
  /// - Parameter known: what was shown before the store was asked. What this node's own work has shown since is newer.
  private func showCounts(_ models: [StoredEmbeddingModel], unlessChangedFrom known: EmbeddingState) {
    guard let own = models.first(where: { $0.descriptor.id == model }), known.model == model,
      status.current == known
    else { return }
    status.serve(models.first { $0.isServing }?.descriptor.id)
    status.update { state in
      state.embedded = own.embeddedCount
      state.total = own.chunkCount
      if own.embeddedCount < own.chunkCount {
        // Without a word about chunks that are refused, something is left to do.
        if state.message == nil { state.activity = .working }
      } else if own.isServing {
        state.activity = .ready
      }
    }
  }

  func publish(_ ids: Set<UUID>) async throws {
    for id in ids {
      try await progress.publish(id) { try await directory.state(id: id) }
    }
  }

  static func sentence(_ error: any Error, retryAfter pause: Duration) -> String {
    let reason =
      (error as? ModelError)?.message ?? (error as? StoreError)?.message ?? "The embedding model failed."
    return
      "\(reason) Rill tries again in \(pause.components.seconds) s; until then new passages are found by "
      + "their words alone."
  }
}
