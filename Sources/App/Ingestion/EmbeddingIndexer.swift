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
  /// The same when there are chunks that the model refuses: longer than those who take chunks may keep them.
  static let refusedInterval = Duration.seconds(90)
  /// How often at the most what other nodes do is looked at.
  static let watchInterval = Duration.milliseconds(500)
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
  /// `nil` when there are no other nodes.
  let exchange: DocumentExchange?
  let agreement: EmbeddingAgreement?

  var model: String { embedder.descriptor.id }

  /// What one call of ``run()`` knows of its own work.
  private struct Work {
    /// Chunks that the model refuses. They are tried again after the next start.
    var refused: Set<UUID> = []
    /// Whether something was embedded since everything was done.
    var isNews = false
  }

  /// Works until its task is cancelled.
  func run() async throws {
    guard exchange != nil else { return try await work() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.watchOthers() }
      try await work()
      group.cancelAll()
    }
  }

  private func work() async throws {
    var pause = Duration.seconds(1)
    var work = Work()
    while !Task.isCancelled {
      let seen = stored.generation
      do {
        try await agreement?.announce(model)
        while try await isTurn(), try await embedNext(&work) { pause = .seconds(1) }
        await stored.wait(past: seen, atMost: patience(work), time: time)
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
    var work = Work()
    guard try await isTurn() else { return }
    repeat {
      report(status.current.embedded, status.current.total)
    } while try await embedNext(&work)
  }

  /// Whoever looks for chunks takes them: those that this node's model refuses must come to the others, too.
  private func patience(_ work: Work) -> Duration {
    exchange == nil || work.refused.isEmpty ? Self.pollInterval : Self.refusedInterval
  }

  // MARK: Which model

  /// Makes room for the model, unless another one has its place and keeps it.
  private func isTurn() async throws -> Bool {
    var models = try await embeddings.embeddingModels()
    if let agreement, let serving = models.first(where: \.isServing), serving.descriptor.id != model,
      try await agreement.isUsedElsewhere(serving.descriptor.id)
    {
      standBack(from: serving)
      return false
    }
    if !models.contains(where: { $0.descriptor.id == model }) {
      try await embeddings.add(embedder.descriptor)
      models = try await embeddings.embeddingModels()
    }
    show(models, isWorking: nil)
    return true
  }

  // MARK: Vectors

  /// - Returns: `false` when there is nothing to do here.
  private func embedNext(_ work: inout Work) async throws -> Bool {
    let offered = try await embeddings.chunksToEmbed(model: model, limit: Self.batch + work.refused.count)
    let next = offered.filter { !work.refused.contains($0.chunk.id) }
    guard !next.isEmpty else {
      try await endRound(&work, refused: offered.count)
      return false
    }
    let chunks = Array(next.prefix(Self.batch))
    let vectors = try await embed(chunks, &work.refused)
    try await embeddings.saveEmbeddings(vectors, model: model)
    work.isNews = true
    metrics.chunksEmbedded(vectors.count)
    show(try await embeddings.embeddingModels(), isWorking: true)
    try await publish(Set(chunks.map(\.chunk.documentID)))
    return true
  }

  /// There is nothing to do here. What other nodes have taken has no vectors yet all the same.
  private func endRound(_ work: inout Work, refused: Int) async throws {
    var models = try await embeddings.embeddingModels()
    guard let own = models.first(where: { $0.descriptor.id == model }) else { return }
    let isDone = own.chunkCount - own.embeddedCount <= refused
    if isDone, !own.isServing {
      try await embeddings.serve(model: model)
      logger.info("Searches use the vectors of a new model", metadata: ["model": "\(model)"])
      models = try await embeddings.embeddingModels()
      work.isNews = true
    }
    show(models, isWorking: !isDone, refused: refused)
    guard isDone else { return }
    if work.isNews { await exchange?.send([.embedded]) }
    work.isNews = false
    try await embeddings.prepareSearch(model: model)
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
}
