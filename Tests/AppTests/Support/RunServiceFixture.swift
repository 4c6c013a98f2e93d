import Foundation
import Graph
import Logging
import Providers
import Storage
import TestSupport

@testable import App

/// A run service without its HTTP routes.
enum RunServiceFixture {
  static func make(
    upstream: ScriptedUpstream, database: TestDatabase, runs: (any RunStore)? = nil,
    sharing: RunJournal.Sharing? = nil, time: RunTime = .system,
    configure: (inout RunService.Settings) -> Void = { _ in },
    makeID: @escaping @Sendable () -> UUID = { UUID() }
  ) throws -> RunService {
    var settings = RunService.Settings()
    configure(&settings)
    guard let endpoint = OpenAIEndpoint(baseURL: upstream.baseURL) else { throw POSIXError(.EINVAL) }
    let model = OpenAIModel(endpoint: endpoint, model: "scripted", transport: try HTTPTransport())
    let graph = try ChatGraph.compile(
      .init(
        model: model, retriever: HybridRetriever(words: database.knowledge), reranker: EmbeddedReranker()))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let journal = RunJournal(
      store: runs ?? database.runs, time: time, interval: settings.flushInterval,
      sharing: sharing, logger: logger)
    let executor = RunExecutor(
      graph: graph, journal: journal, time: time, logger: logger, metrics: RunMetrics())
    let planner = TurnPlanner(
      store: database.conversations, runs: database.runs, checkpointer: database.checkpointer, model: model,
      makeID: makeID)
    let archive = RunArchive(
      runs: database.runs, conversations: database.conversations, time: time, logger: logger)
    return RunService(
      settings: settings, executor: executor, planner: planner, archive: archive, time: time)
  }
}
