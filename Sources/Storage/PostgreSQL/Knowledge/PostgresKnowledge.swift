import Graph
import Postgres
import Synchronization

/// What a process remembers of the knowledge base of one database, shared by the stores of all owners.
final class PostgresKnowledge: Sendable {
  let wordStatistics = PostgresWordStatistics()
  private let extensionState: Mutex<PostgresVectorExtension.State>
  private let models = Mutex<[ModelKey: PostgresEmbeddingModel]>([:])
  /// When the build of a model's index may be tried again after it has failed.
  private let nextBuilds = Mutex<[Int64: ContinuousClock.Instant]>([:])

  /// How many models are remembered.
  private static let capacity = 10_000
  private static let pauseAfterFailure = Duration.seconds(600)

  private struct ModelKey: Hashable {
    var owner: String
    var id: String
  }

  init(_ state: PostgresVectorExtension.State) {
    extensionState = Mutex(state)
  }

  /// Looks for the extension, installs it where that is possible and allowed, and makes its tables.
  /// - Throws: ``PostgresError``.
  static func prepare(_ client: PostgresClient) async throws -> PostgresKnowledge {
    PostgresKnowledge(try await PostgresVectorExtension.prepare(client))
  }

  var vectors: PostgresVectorExtension.State {
    get { extensionState.withLock { $0 } }
    set { extensionState.withLock { $0 = newValue } }
  }

  /// What a search has seen of a model. Each search checks it, so that it need not be true any more.
  func model(_ id: String, of owner: String) -> PostgresEmbeddingModel? {
    models.withLock { $0[ModelKey(owner: owner, id: id)] }
  }

  func remember(_ model: PostgresEmbeddingModel?, id: String, of owner: String) {
    models.withLock { models in
      if models.count >= Self.capacity { models = [:] }
      models[ModelKey(owner: owner, id: id)] = model
    }
  }

  func mayBuildIndex(of model: Int64) -> Bool {
    nextBuilds.withLock { $0[model].map { $0 <= .now } ?? true }
  }

  func buildHasFailed(of model: Int64) {
    nextBuilds.withLock { $0[model] = .now + Self.pauseAfterFailure }
  }
}

extension PostgresDatabase {
  /// Why no vectors can be stored and searched, in a sentence for people; `nil` when they can.
  public var vectorsUnavailable: String? {
    switch knowledge.vectors {
    case .available: nil
    case .unavailable(let reason): reason
    }
  }
}
