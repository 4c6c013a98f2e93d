import Foundation
import Graph
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Providers
import ServiceLifecycle
import UnixSignals
import Storage

/// The composition root: the only place that names concrete types and connects them.
struct RillServer: Sendable {
  let configuration: RillConfiguration
  let dependencies: Dependencies
  let logger: Logger

  /// What the server stands on; tests bring their own.
  struct Dependencies: Sendable {
    var model: any LanguageModel
    var stores: Stores
    /// The other servers that share the store; `nil` when there can be none.
    var cluster: (any Cluster)?
    /// What the servers of a cluster have for a wall clock; `time` goes by it.
    var clusterClock = ClusterClock()
    /// What leases are timed by: they run out by the store's clock, whatever `time` is.
    var leaseTime = RunTime.system
    var reranker: any Reranker
    var documents: KnowledgeServices
    /// Fetches documents by their addresses; `nil` refuses them.
    var pages: WebPageFetcher?
    var time = RunTime.system
    var makeID: @Sendable () -> UUID = { UUID() }
  }

  /// The service group may take this much longer than running answers get, to write what is left and close sockets.
  static let shutdownMargin = Duration.seconds(5)

  /// Serves until the process is told to end.
  /// - Parameter onReady: called once with the port when requests are taken.
  func run(
    gracefulShutdownSignals: [UnixSignal] = [.sigterm, .sigint],
    onReady: @escaping @Sendable (Int) async -> Void
  ) async throws {
    let exchange = dependencies.cluster.map { RunExchange(cluster: $0, logger: logger) }
    let runMetrics = RunMetrics()
    let runs = try makeRunService(metrics: runMetrics, exchange: exchange)
    let cluster = makeClusterService(runs)
    // With its new lease, what an earlier process of this node has left is known to be abandoned.
    try await cluster?.join()
    try await recover()
    let router = try makeRouter(runs: runs, cluster: cluster, runMetrics: runMetrics)
    let connections = ConnectionCounter(limit: configuration.maxConnections)
    let app = Application(
      router: router,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [ConnectionLimitHandler(connections), ClientPresenceHandler()],
          idleTimeout: .seconds(75))),
      configuration: .init(
        address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 4_096),
      onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
      logger: quieter(logger))
    // Shut down in reverse, one after the other: the runs come first, so that none is begun any more and every stream ends
    // with a word before its socket closes, whatever the documents still take.
    var services = ServiceGroupConfiguration(
      services: [.init(service: MemoryTrimmer())] + (cluster.map { [.init(service: $0)] } ?? []) + [
        .init(service: app), .init(service: dependencies.documents),
        .init(service: runs, successTerminationBehavior: .gracefullyShutdownGroup),
      ],
      gracefulShutdownSignals: gracefulShutdownSignals, logger: quieter(logger))
    services.maximumGracefulShutdownDuration = configuration.runs.shutdownGrace + Self.shutdownMargin
    try await ServiceGroup(configuration: services).run()
  }

  private var archive: RunArchive {
    RunArchive(
      runs: dependencies.stores.runs, conversations: dependencies.stores.conversations,
      time: dependencies.time, logger: logger)
  }

  /// Ends what the last process left unfinished.
  private func recover() async throws {
    let count = try await archive.recover()
    if count > 0 { logger.notice("Interrupted runs found", metadata: ["count": "\(count)"]) }
  }

  private func makeClusterService(_ runs: RunService) -> ClusterService? {
    guard let cluster = dependencies.cluster else { return nil }
    let (archive, stores, documents) = (archive, dependencies.stores, dependencies.documents)
    return ClusterService(
      cluster: cluster, settings: configuration.cluster, clock: dependencies.clusterClock, runs: runs,
      receivers: [{ [exchange = dependencies.documents.exchange] in exchange?.receive($0) }],
      takeOver: {
        let count = try await archive.recover()
        if count > 0 {
          logger.notice("Runs of a node that is gone were ended", metadata: ["count": "\(count)"])
        }
        let jobs = try await stores.ingestion.requeueAbandonedJobs()
        if jobs > 0 {
          logger.notice("Readings of a node that is gone wait again", metadata: ["count": "\(jobs)"])
          await documents.library.announceQueued()
        }
      }, time: dependencies.leaseTime, logger: logger)
  }

  private func makeRunService(metrics: RunMetrics, exchange: RunExchange?) throws -> RunService {
    let graph = try ChatGraph.compile(
      ChatGraph.Dependencies(
        model: dependencies.model, retriever: retriever, reranker: dependencies.reranker,
        queryWriter: queryWriter,
        router: configuration.router == .model ? ModelRouter(model: dependencies.model) : RuleRouter(),
        clock: dependencies.time.clock, settings: configuration.pipeline))
    let journal = RunJournal(
      store: dependencies.stores.runs, time: dependencies.time, interval: configuration.runs.flushInterval,
      sharing: exchange.map { exchange in .init(onStored: { exchange.noteGrown($0) }) }, logger: logger)
    let executor = RunExecutor(
      graph: graph, journal: journal, time: dependencies.time, logger: logger, metrics: metrics,
      sharesStore: exchange != nil)
    let planner = TurnPlanner(
      store: dependencies.stores.conversations, runs: dependencies.stores.runs,
      checkpointer: dependencies.stores.checkpointer, model: dependencies.model,
      makeID: dependencies.makeID)
    return RunService(
      settings: configuration.runs, executor: executor, planner: planner, archive: archive,
      exchange: exchange, time: dependencies.time)
  }

  private var retriever: HybridRetriever {
    HybridRetriever(words: dependencies.stores.knowledge, vectors: dependencies.documents.vectors)
  }

  /// The embedded answerer writes no questions.
  private var queryWriter: any QueryWriter {
    let model = dependencies.model
    let usesModel =
      switch configuration.queryWriter {
      case .automatic: model.descriptor.provider != ExtractiveModel.provider
      case .rules: false
      case .model: true
      }
    return usesModel ? ModelQueryWriter(model: model, clock: dependencies.time.clock) : RuleQueryWriter()
  }

  private func makeRouter(
    runs: RunService, cluster: ClusterService?, runMetrics: RunMetrics
  ) throws -> Router<AppRequestContext> {
    let httpMetrics = HTTPMetrics()
    let router = Router(context: AppRequestContext.self)
    router.add(middleware: SecurityHeadersMiddleware())
    router.add(middleware: RequestLogMiddleware(metrics: httpMetrics, time: dependencies.time))
    router.add(middleware: ProblemMiddleware())
    router.add(middleware: StaticFilesMiddleware(files: try StaticFiles(directory: publicDirectory())))
    // The token is asked for by the API's own addresses only: any other is the page's, which asks its user for it.
    let api = router.group()
    if let token = configuration.apiToken {
      api.add(middleware: AuthenticationMiddleware(token: token))
    }
    HealthRoutes(
      model: dependencies.model, knowledge: dependencies.stores.knowledge,
      documents: dependencies.documents, isMember: { cluster?.isMember ?? true }, runMetrics: runMetrics,
      httpMetrics: httpMetrics
    ).add(to: api)
    if let cluster { api.add(middleware: MembershipMiddleware { cluster.isMember }) }
    ChatRoutes(runs: runs, store: dependencies.stores.conversations, metrics: runMetrics).add(to: api)
    SessionRoutes(
      store: dependencies.stores.conversations, knowledge: dependencies.stores.knowledge, runs: runs
    ).add(to: api)
    addDocumentRoutes(to: api)
    router.refuseOtherMethods()
    return router
  }

  private func addDocumentRoutes(to api: some RouterMethods<AppRequestContext>) {
    let documents = dependencies.documents
    let content = DocumentContentRoutes(services: documents)
    DocumentRoutes(services: documents, pages: dependencies.pages).add(to: api)
    DocumentEventRoutes(
      services: documents, heartbeat: configuration.runs.heartbeat, time: dependencies.time
    ).add(to: api)
    content.add(to: api)
    OriginalRoutes(
      services: documents, pages: documents.pictures, cache: content.cache
    ).add(to: api)
    SearchRoutes(
      retriever: retriever, reranker: dependencies.reranker, settings: configuration.pipeline,
      time: dependencies.time
    ).add(to: api)
  }

  private func publicDirectory() throws -> URL {
    try PublicDirectory.find(configured: configuration.publicDirectory)
  }

  /// Libraries tell of their own starting and stopping at `info`; that is Rill's debug.
  private func quieter(_ logger: Logger) -> Logger {
    var logger = logger
    if logger.logLevel == .info { logger.logLevel = .notice }
    return logger
  }
}

/// Finds the folder with the built page.
enum PublicDirectory {
  /// - Returns: the configured one; else `Public` in the working directory; else `Public` beside the executable.
  static func find(configured: URL?) throws -> URL {
    if let configured { return configured }
    let executable = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let candidates = [URL(filePath: "Public"), executable?.appending(path: "Public")].compactMap { $0 }
    let found = candidates.first {
      FileManager.default.fileExists(atPath: $0.appending(path: "index.html").path)
    }
    guard let found else {
      throw ConfigurationError(
        key: "RILL_PUBLIC_DIR",
        message: "No Public folder in the working directory or beside the program. Set RILL_PUBLIC_DIR to it."
      )
    }
    return found
  }
}
