import Foundation
import Graph
import Logging

/// Gives every chunk its vector, in the background.
///
/// What the work is follows from the store alone: chunks without a vector of the model. So it goes on after a restart, sees
/// what another process has stored, and a change of the model is the same work once more while the old vectors serve.
struct EmbeddingIndexer: Sendable {
  /// Chunks of one round: small enough for a progress that moves, large enough to be sorted by length into batches.
  static let batch = 128
  /// How often the store is looked at without being woken.
  static let pollInterval = Duration.seconds(3)
  static let longestPause = Duration.seconds(60)

  let embeddings: any EmbeddingStore
  let directory: DocumentDirectory
  let status: EmbeddingStatus
  let progress: IngestionProgress
  /// Raised when a document was stored.
  let stored: Signal
  let metrics: KnowledgeMetrics
  let time: RunTime
  let logger: Logger
  let embedder: any Embedder

  private var model: String { embedder.descriptor.id }

  /// Works until its task is cancelled.
  func run() async throws {
    var pause = Duration.seconds(1)
    /// Chunks that the model refuses. They are tried again after the next start.
    var refused: Set<UUID> = []
    while !Task.isCancelled {
      let seen = stored.generation
      do {
        try await prepare()
        while try await embedNext(&refused) { pause = .seconds(1) }
        await stored.wait(past: seen, atMost: Self.pollInterval, time: time)
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Embedding failed", metadata: ["error": "\(error)", "retry": "\(pause)"])
        status.update { $0.message = Self.sentence(error, retryAfter: pause) }
        try? await time.sleep(pause)
        pause = min(pause * 2, Self.longestPause)
      }
    }
  }

  /// Works until every chunk has its vector.
  /// - Parameter report: how many have one, of how many.
  func finish(report: (_ embedded: Int, _ total: Int) -> Void) async throws {
    var refused: Set<UUID> = []
    try await prepare()
    repeat {
      report(status.current.embedded, status.current.total)
    } while try await embedNext(&refused)
  }

  private func prepare() async throws {
    if try await !embeddings.embeddingModels().contains(where: { $0.descriptor.id == model }) {
      try await embeddings.add(embedder.descriptor)
    }
    try await refresh(isWorking: nil)
  }

  /// - Returns: `false` when there is nothing to do.
  private func embedNext(_ refused: inout Set<UUID>) async throws -> Bool {
    let next = try await embeddings.chunksToEmbed(model: model, limit: Self.batch + refused.count)
      .filter { !refused.contains($0.chunk.id) }
    guard !next.isEmpty else {
      try await serve()
      try await refresh(isWorking: false, refused: refused.count)
      try await embeddings.prepareSearch(model: model)
      return false
    }
    let chunks = Array(next.prefix(Self.batch))
    let vectors = try await embed(chunks, &refused)
    try await embeddings.saveEmbeddings(vectors, model: model)
    metrics.chunksEmbedded(vectors.count)
    try await refresh(isWorking: true)
    try await publish(Set(chunks.map(\.chunk.documentID)))
    return true
  }

  private func embed(
    _ chunks: [ChunkToEmbed], _ refused: inout Set<UUID>
  ) async throws -> [UUID: TextEmbedding] {
    let inputs = chunks.map {
      EmbeddingText.make(title: $0.title, headings: $0.chunk.headings, text: $0.chunk.text)
    }
    do {
      let vectors = try await embedder.embed(inputs, for: .passage)
      return Dictionary(
        zip(chunks.map(\.chunk.id), vectors).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    } catch let error as ModelError where error.code == .rejected || error.code == .contextTooLong {
      // One text in it may be at fault: the others shall not wait for it.
      guard chunks.count > 1 else {
        // A model that refuses everything has another reason, such as a wrong key.
        _ = try await embedder.embed([EmbeddingInput("river")], for: .passage)
        refused.formUnion(chunks.map(\.chunk.id))
        logger.warning("A passage cannot be embedded", metadata: ["error": "\(error)"])
        return [:]
      }
      let half = chunks.count / 2
      let first = try await embed(Array(chunks[..<half]), &refused)
      return try await first.merging(embed(Array(chunks[half...]), &refused)) { first, _ in first }
    }
  }

  /// Lets searches use the model once it knows every chunk.
  private func serve() async throws {
    guard status.servingModel != model else { return }
    try await embeddings.serve(model: model)
    logger.info("Searches use the vectors of a new model", metadata: ["model": "\(model)"])
  }

  private func refresh(isWorking: Bool?, refused: Int = 0) async throws {
    let models = try await embeddings.embeddingModels()
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

  private func publish(_ ids: Set<UUID>) async throws {
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
