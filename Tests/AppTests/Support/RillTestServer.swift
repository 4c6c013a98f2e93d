import Foundation
import Graph
import Logging
import NIOCore
import Providers
import Storage
import TestSupport

@testable import App

/// A Rill with a real store on a real socket. Its model is a scripted upstream that speaks HTTP.
struct RillTestServer: Sendable {
  let client: HTTPTestClient
  let upstream: ScriptedUpstream
  let conversations: any ConversationStore
  let knowledge: any KnowledgeStore
  let documents: KnowledgeServices

  /// A page that is not the built one: what is tested here is the server.
  static func makePublicDirectory() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rill-public-\(UUID())")
    let assets = folder.appending(path: "assets")
    try FileManager.default.createDirectory(at: assets, withIntermediateDirectories: true)
    try Data("<!doctype html><title>Rill</title>".utf8).write(to: folder.appending(path: "index.html"))
    try Data("console.log(1)".utf8).write(to: assets.appending(path: "main-AB12.js"))
    try Data("not really gzip".utf8).write(to: assets.appending(path: "main-AB12.js.gz"))
    try Data("secret".utf8).write(to: folder.appending(path: ".hidden"))
    return folder
  }
}

/// Starts a server on a free port, runs `body`, and shuts the server down.
func withRill<Result: Sendable>(
  configure: @Sendable (inout RillConfiguration) -> Void = { _ in },
  clock: any Clock<Duration> = ContinuousClock(),
  database: TestDatabase? = nil,
  router: RillConfiguration.RouterKind = .rules,
  reranker: any Reranker = EmbeddedReranker(),
  folder: URL? = nil,
  documents configureDocuments: @Sendable (inout KnowledgeServices.Dependencies) -> Void = { _ in },
  upstream: ScriptedUpstream? = nil,
  cluster: (any Cluster)? = nil,
  script: @escaping ScriptedUpstream.Script = { _, answer in
    try await answer.stream(tokens: ["Hello", " there"])
  },
  _ body: @escaping @Sendable (RillTestServer) async throws -> Result
) async throws -> Result {
  let publicDirectory = try RillTestServer.makePublicDirectory()
  defer { try? FileManager.default.removeItem(at: publicDirectory) }
  var configuration = RillConfiguration()
  configuration.port = 0
  configuration.publicDirectory = publicDirectory
  configuration.router = router
  // A follow-up is one call of the upstream, unless a test is about that.
  configuration.queryWriter = .rules
  configure(&configuration)
  let ownDatabase: TestDatabase
  if let database { ownDatabase = database } else { ownDatabase = try await TestDatabase.fresh() }
  let database = ownDatabase
  let transport = try HTTPTransport()
  let folder = folder ?? publicDirectory.appending(path: "data")
  let documents = KnowledgeServices.forTests(database, folder: folder) {
    $0.time = RunTime(openingClock: clock)
    $0.uploadLimit = configuration.documents.uploadLimit
    configureDocuments(&$0)
  }
  let download = HTTPDownload(
    transport: transport, allowsPrivateAddresses: configuration.documents.allowsPrivateURLs)
  let result = try await withUpstream(upstream, script) { [configuration] upstream in
    guard let endpoint = OpenAIEndpoint(baseURL: upstream.baseURL) else {
      throw ChannelError.unknownLocalAddress
    }
    let server = RillServer(
      configuration: configuration,
      dependencies: .init(
        model: OpenAIModel(endpoint: endpoint, model: "scripted", transport: transport),
        stores: database.stores, cluster: cluster ?? database.database.cluster,
        reranker: reranker, documents: documents,
        pages: WebPageFetcher(download: download, time: .system), time: RunTime(openingClock: clock)),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      let port = App.OneShot<Int>()
      group.addTask { try await server.run(gracefulShutdownSignals: []) { port.fulfil($0) } }
      defer { group.cancelAll() }
      let rill = RillTestServer(
        client: HTTPTestClient(port: try await port.wait()), upstream: upstream,
        conversations: database.conversations, knowledge: database.knowledge, documents: documents)
      return try await body(rill)
    }
  }
  await transport.close()
  return result
}

/// Uses a model that others use as well, or one of its own.
private func withUpstream<Result: Sendable>(
  _ upstream: ScriptedUpstream?, _ script: @escaping ScriptedUpstream.Script,
  _ body: @escaping @Sendable (ScriptedUpstream) async throws -> Result
) async throws -> Result {
  if let upstream { return try await body(upstream) }
  return try await withScriptedUpstream(script, run: body)
}

extension KnowledgeServices {
  static func forTests(
    _ database: TestDatabase, folder: URL, _ configure: (inout Dependencies) -> Void = { _ in }
  ) -> KnowledgeServices {
    var dependencies = Dependencies(
      stores: database.stores, cluster: database.database.cluster, folder: folder,
      embeddingMessage: "Words alone.",
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    configure(&dependencies)
    return KnowledgeServices(dependencies)
  }
}

extension RunTime {
  fileprivate init(openingClock clock: some Clock<Duration>) {
    self.init(clock: clock)
  }
}
