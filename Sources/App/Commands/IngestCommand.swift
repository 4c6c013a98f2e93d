import ArgumentParser
import Foundation
import Graph
import Logging
import Providers
import Storage

/// `rill ingest PATH|URL…`: adds files, folders and addresses to the knowledge base. It may run beside a serving Rill.
struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Adds files, folders of them and web pages to the knowledge base.",
    discussion: """
      It reads text, Markdown, HTML, PDF, DOCX, EPUB, CSV, source code, and ZIP archives of these. What is there already \
      is left alone; a file that has changed since replaces what it was.
      """)

  @Argument(help: "Files, folders, and addresses that begin with http:// or https://.", completion: .file())
  var paths: [String]

  @OptionGroup var options: SettingOptions

  func run() async throws {
    try await CommandFailure.reporting {
      let configuration = try await options.load()
      let logger = LogBootstrap.start(level: max(configuration.logLevel, .warning))
      try DatabaseChoice.makeFolder(configuration.dataDirectory)
      let database = try await DatabaseChoice.open(configuration, logger: logger)
      let transport = try HTTPTransport()
      let discovery = EmbedderDiscovery(configuration: configuration, transport: transport)
      let services = try await KnowledgeServices.make(
        configuration, stores: database.stores(of: .everyone), cluster: database.cluster,
        discovery: discovery, choice: try discovery.choose(), logger: logger)
      let summary = try await IngestCommandRunner.ingest(
        paths: paths,
        with: IngestionService(
          services: services, pages: WebPageFetcher(configuration, transport: transport)))
      try await embed(services, database.cluster, in: configuration.dataDirectory)
      await transport.close()
      try await database.close()
      if summary.failed > 0 { throw ExitCode.failure }
    }
  }

  /// Makes the vectors of what is new; a server that runs with the same data does it itself.
  private func embed(
    _ services: KnowledgeServices, _ cluster: (any Cluster)?, in folder: URL
  ) async throws {
    var isServed = false
    if let cluster, try await !cluster.livingNodes().isEmpty {
      return print("The running servers make the vectors of the passages.")
    }
    do {
      try await DataFolderLock.withLock(
        of: folder,
        whenTaken: {
          isServed = true
          return false
        }
      ) {
        guard let indexer = try await services.makeIndexer() else { return }
        try await IngestCommandRunner.embed(with: indexer)
      }
    } catch is StoreError where isServed {
      print("The running server makes the vectors of the passages.")
    } catch let error as ModelError {
      FileHandle.standardError.write(
        Data(
          "rill: \(error.message) The passages are found by their words until a server has made their vectors.\n"
            .utf8))
    }
  }
}
