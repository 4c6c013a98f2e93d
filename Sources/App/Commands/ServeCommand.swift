import ArgumentParser
import Foundation
import Graph
import Logging
import Providers
import Storage

/// `rill serve`, the default.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the page and the API until it is told to end.")

  @OptionGroup var options: SettingOptions

  func run() async throws {
    let configuration = try await options.load()
    let logger = LogBootstrap.start(level: configuration.logLevel)
    do {
      try await serve(configuration, logger)
    } catch let error as ConfigurationError {
      throw ValidationError(error.description)
    } catch let error as StoreError {
      throw ValidationError("RILL_DATA_DIR: \(error.message)")
    }
  }

  private func serve(_ configuration: RillConfiguration, _ logger: Logger) async throws {
    let database = try await SQLiteDatabase.open(folder: configuration.dataDirectory)
    let transport = try HTTPTransport()
    let model = OpenAIModel(
      endpoint: OpenAIEndpoint(baseURL: configuration.openAIBaseURL ?? "", apiKey: configuration.openAIKey)!,
      model: configuration.model, transport: transport)
    let server = RillServer(
      configuration: configuration,
      dependencies: .init(
        model: model, conversations: database.conversations, knowledge: database.knowledge,
        reranker: TempReranker()),
      logger: logger)
    try await server.run { port in
      print("Rill is ready at http://\(configuration.host):\(port)")
      fflush(nil)
    }
    await transport.close()
    try database.close()
  }
}
struct TempReranker: Reranker {
  var name: String { "temp" }
  func rerank(query: String, candidates: [Passage], limit: Int) async throws -> [RankedPassage] {
    candidates.enumerated().map { RankedPassage(passage: $1, score: $1.score, isKept: $0 < limit, reason: "") }
  }
}
struct IngestCommand: AsyncParsableCommand {
  func run() async throws {}
}
