import Extraction
import Foundation
import Graph
import Logging
import NIOPosix
import ServiceLifecycle
import Storage

/// Everything that has to do with documents, connected: taking them in, reading them, giving them their vectors, and
/// what the routes need to show it.
struct KnowledgeServices: Service, CustomStringConvertible {
  /// For the log of the service group, which would print all that it consists of.
  var description: String { "KnowledgeServices" }

  /// What it stands on.
  struct Dependencies: Sendable {
    var stores: Stores
    /// The other servers that use these stores; `nil` when there can be none.
    var cluster: (any Cluster)?
    /// Where files are kept.
    var folder: URL
    /// The one that new vectors are made with; `nil` for a search by words alone.
    var embedder: (any Embedder)?
    /// Finds the embedder at its endpoint, in the background: a server that cannot be reached holds up nothing.
    var connect: (@Sendable () async throws -> any Embedder)?
    /// Others whose vectors the store may hold; they answer questions until the new vectors are there.
    var formerEmbedders: [any Embedder] = []
    /// Why there is no embedder, in a sentence.
    var embeddingMessage: String?
    var counter: any TokenCounter = ApproximateTokenCounter()
    var extractor = TextExtractor()
    var time = RunTime.system
    var uploadLimit = 200_000_000
    /// Files that are read at once; `nil` for as many as the machine is good for.
    var readerCount: Int?
    var watchedFolder: URL?
    var logger: Logger
  }

  /// How often a cache is looked through.
  private static let sweepInterval = Duration.seconds(600)

  let knowledge: any KnowledgeStore
  let ingestion: any IngestionStore
  let originals: OriginalFiles
  let progress: IngestionProgress
  let status: EmbeddingStatus
  let directory: DocumentDirectory
  let library: DocumentLibrary
  let intake: DocumentIntake
  let queue: IngestionQueue
  let vectors: any VectorSearch
  let metrics: KnowledgeMetrics
  let watcher: FolderWatcher?
  let pictures: PagePictures
  /// What there is to say to other nodes and to hear of them; `nil` when there can be none.
  let exchange: DocumentExchange?
  private let background: EmbeddingService
  private let time: RunTime
  private let logger: Logger
  private let stopping = OneShot<Void>()

  init(_ dependencies: Dependencies) {
    let time = dependencies.time
    let readings = ActiveReadings()
    let (queued, stored) = (Signal(), Signal())
    knowledge = dependencies.stores.knowledge
    ingestion = dependencies.stores.ingestion
    metrics = KnowledgeMetrics()
    self.time = time
    logger = dependencies.logger
    pictures = PagePictures(folder: dependencies.folder.appending(path: "cache"))
    originals = OriginalFiles(
      folder: dependencies.folder.appending(path: "originals"), shared: dependencies.stores.originals)
    progress = IngestionProgress(now: time.date)
    status = EmbeddingStatus(progress: progress)
    directory = DocumentDirectory(
      knowledge: knowledge, embeddings: dependencies.stores.embeddings, ingestion: ingestion,
      originals: originals,
      embedding: status)
    let exchange = dependencies.cluster.map { [progress, directory, ingestion] cluster in
      DocumentExchange(
        cluster: cluster, progress: progress, directory: directory, ingestion: ingestion, readings: readings,
        queued: queued, stored: stored, time: time, logger: dependencies.logger)
    }
    self.exchange = exchange
    library = DocumentLibrary(
      knowledge: knowledge, ingestion: ingestion, originals: originals, directory: directory,
      progress: progress, readings: readings, queued: queued, pictures: pictures,
      exchange: exchange, now: time.date)
    intake = DocumentIntake(
      knowledge: knowledge, ingestion: ingestion, originals: originals, library: library,
      now: time.date,
      limit: dependencies.uploadLimit)
    var queue = IngestionQueue(
      knowledge: knowledge, ingestion: ingestion, originals: originals, library: library,
      builder: DocumentBuilder(
        extractor: dependencies.extractor, counter: dependencies.counter, now: time.date), readings: readings,
      exchange: exchange, progress: progress, queued: queued, stored: stored, metrics: metrics, time: time,
      logger: dependencies.logger)
    queue.readerCount = dependencies.readerCount ?? queue.readerCount
    self.queue = queue
    let registry = EmbedderRegistry([dependencies.embedder].compactMap { $0 } + dependencies.formerEmbedders)
    background = EmbeddingService(
      dependencies, registry: registry, directory: directory, status: status, progress: progress,
      stored: stored, metrics: metrics, exchange: exchange)
    vectors = ServingVectors(embeddings: dependencies.stores.embeddings, status: status, embedders: registry)
    let (intake, library) = (intake, library)
    watcher = dependencies.watchedFolder.map { folder in
      FolderWatcher(
        folder: folder, knowledge: dependencies.stores.knowledge, settings: dependencies.stores.settings,
        intake: intake,
        library: library, time: time, logger: dependencies.logger)
    }
    status.update { state in
      state.model = dependencies.embedder?.descriptor.id
      // What there is to do is known only when the store has been asked.
      state.activity = dependencies.embedder == nil && dependencies.connect == nil ? .off : .working
      state.message = dependencies.embeddingMessage
    }
  }

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await work()
    } onGracefulShutdown: {
      // Streams end first: a connection that stays open would hold up the end of the server.
      progress.close()
      queue.stop()
      stopping.fulfil(())
    }
  }

  /// - Returns: `nil` when there is no embedder.
  /// - Throws: ``ModelError`` when its endpoint cannot be reached.
  func makeIndexer() async throws -> EmbeddingIndexer? { try await background.makeIndexer() }

  private func work() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await queue.run()
        await exchange?.sayGoodbye()
      }
      if let exchange { group.addTask { try await untilStopped { await exchange.run() } } }
      group.addTask { try await untilStopped { try await background.run() } }
      if let watcher { group.addTask { try await untilStopped { try await watcher.run() } } }
      group.addTask { try await untilStopped { await sweep() } }
      group.addTask { try? await stopping.wait() }
      try await group.waitForAll()
    }
  }

  /// Removes files that a crash has left without a document or a job; of a cache also what nobody uses any more, again and
  /// again.
  private func sweep() async {
    while true {
      do {
        for hash in try await originals.sweep() { try await library.removeOriginalIfUnneeded(hash) }
        if exchange != nil { try await removeOldPictures() }
      } catch is CancellationError {
        return
      } catch {
        logger.warning("Files without documents could not be removed", metadata: ["error": "\(error)"])
      }
      guard exchange != nil, (try? await time.sleep(Self.sweepInterval)) != nil else { return }
    }
  }

  /// Removes pictures of documents that another node has deleted.
  private func removeOldPictures() async throws {
    for hash in try await pictures.hashes() {
      guard try await !ingestion.isOriginalNeeded(contentHash: hash) else { continue }
      try await pictures.remove(hash: hash)
    }
  }

  /// Cancels a work that may be given up at any moment.
  private func untilStopped(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await body() }
      group.addTask { try? await stopping.wait() }
      try await group.next()
      group.cancelAll()
      // What was cancelled in the middle of a write ends with an error that means nothing here.
      while let result = await group.nextResult() { _ = result }
    }
  }
}

extension KnowledgeServices {
  /// How much there is at the moment, for the metrics.
  func counts() async throws -> KnowledgeMetrics.Counts {
    let embedding = status.current
    let jobs = try await ingestion.jobs(limit: .max)
    return KnowledgeMetrics.Counts(
      documents: try await knowledge.documentCount(),
      jobs: jobs.reduce(into: [:]) { $0[$1.state.rawValue, default: 0] += 1 },
      chunksWithVector: embedding.embedded, chunks: embedding.total)
  }
}
