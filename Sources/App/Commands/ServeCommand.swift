import ArgumentParser
import Foundation
import Graph
import Logging
import NIOCore
import Providers
import Storage

/// `rill serve`, the default.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the page and the API until it is told to end.")

  @OptionGroup var options: SettingOptions

  func run() async throws {
    try await CommandFailure.reporting {
      var configuration = try await options.load()
      let logger = LogBootstrap.start(level: configuration.logLevel)
      let connections = FileDescriptorLimit.raise()
      configuration.maxConnections = min(configuration.maxConnections ?? .max, connections)
      try DatabaseChoice.makeFolder(configuration.dataDirectory)
      try await DataFolderLock.withLock(
        of: configuration.dataDirectory, whenTaken: patience(configuration, logger)
      ) {
        let node = try NodeIdentity.load(from: configuration.dataDirectory)
        try await serve(configuration, as: node, logger)
      }
    }
  }

  /// Waits for a server that is being replaced: as long as its running answers get, and no longer.
  private func patience(
    _ configuration: RillConfiguration, _ logger: Logger
  ) -> () async throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + configuration.runs.shutdownGrace + RillServer.shutdownMargin
    var hasTold = false
    return {
      if !hasTold { logger.notice("Waiting for another Rill to leave the data folder") }
      hasTold = true
      try await clock.sleep(for: .milliseconds(100))
      return clock.now < end
    }
  }

  private func serve(_ configuration: RillConfiguration, as node: UUID, _ logger: Logger) async throws {
    let transport = try HTTPTransport()
    let discovery = EmbedderDiscovery(configuration: configuration, transport: transport)
    // It reads megabytes, meanwhile the database is opened and the language model's server is asked.
    async let embedding = discovery.choose()
    let database = try await DatabaseChoice.open(configuration, node: node, logger: logger)
    let chosen = try await ModelDiscovery(transport: transport).choose(configuration.modelSettings)
    logger.info(
      "Model chosen",
      metadata: [
        "provider": "\(chosen.model.descriptor.provider)", "model": "\(chosen.model.descriptor.model)",
        "reason": "\(chosen.reason)",
      ])
    let stores = database.stores(of: .everyone)
    let clock = ClusterClock()
    let time = RunTime(clock: ContinuousClock(), date: { clock.now() })
    let documents = try await KnowledgeServices.make(
      configuration, stores: stores, cluster: database.cluster, time: time, discovery: discovery,
      choice: try await embedding, logger: logger)
    if configuration.indexesSampleDocuments {
      try await SampleDocuments(
        publicDirectory: try PublicDirectory.find(configured: configuration.publicDirectory),
        services: documents, settings: stores.settings, logger: logger
      ).index()
    }
    let server = RillServer(
      configuration: configuration,
      dependencies: .init(
        model: chosen.model, stores: stores, cluster: database.cluster, clusterClock: clock,
        reranker: try RerankerChoice.make(configuration, transport: transport),
        documents: documents, pages: WebPageFetcher(configuration, transport: transport), time: time),
      logger: logger)
    try await server.run { port in
      // Scripts wait for this line, so it must not stay in a buffer.
      print("Rill is ready at http://\(configuration.displayHost):\(port)")
      fflush(nil)
    }
    await transport.close()
    try await database.close()
  }
}

/// What keeps a command from its work, told in one line without the usage, which would not help.
enum CommandFailure {
  /// - Throws: `ExitCode.failure` for errors that have a sentence for people; others as they are.
  static func reporting(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as ConfigurationError {
      try fail(error.description)
    } catch let error as ModelSettingsError {
      try fail(error.description)
    } catch let error as StoreError {
      try fail("RILL_DATA_DIR: \(error.message)")
    } catch let error as IOError {
      try fail("RILL_PORT: the address cannot be used (\(error)).")
    }
  }

  private static func fail(_ message: String) throws -> Never {
    FileHandle.standardError.write(Data("rill: \(message)\n".utf8))
    throw ExitCode.failure
  }
}
