import Graph
import Synchronization

/// What is known of the vectors at the moment, for whoever searches or shows it.
final class EmbeddingStatus: Sendable {
  private struct State {
    var state = EmbeddingState()
    var servingModel: String?
  }

  private let state = Mutex(State())
  private let progress: IngestionProgress

  init(progress: IngestionProgress) {
    self.progress = progress
  }

  var current: EmbeddingState { state.withLock { $0.state } }
  /// The model whose vectors searches use; `nil` when there are none.
  var servingModel: String? { state.withLock { $0.servingModel } }

  /// The model by which a document is ready or not: the one that serves, as long as another takes its place.
  var countedModel: String? { state.withLock { $0.state.activity == .off ? nil : $0.servingModel } }

  func update(_ change: (inout EmbeddingState) -> Void) {
    let new = state.withLock { state in
      change(&state.state)
      return state.state
    }
    progress.publish(new)
  }

  func serve(_ model: String?) {
    state.withLock { $0.servingModel = model }
  }
}
