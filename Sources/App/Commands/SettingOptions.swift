import ArgumentParser
import Foundation

/// The settings on the command line. Each is the key of the environment in lower case with dashes, without `RILL_`.
struct SettingOptions: ParsableArguments {
  @Option(
    help: "A rill.json or rill.yaml to read settings from. Without it, one in the working directory is used.")
  var config: String?
  @Option(help: "Address to listen on (RILL_HOST). Default: 127.0.0.1.")
  var host: String?
  @Option(help: "Port to listen on; 0 picks a free one (RILL_PORT). Default: 8000.")
  var port: String?
  @Option(help: "Folder for everything that Rill writes (RILL_DATA_DIR). Default: ./data.")
  var dataDir: String?
  @Option(
    help:
      "Folder with the built page (RILL_PUBLIC_DIR). Default: Public beside the working directory or the program."
  )
  var publicDir: String?
  @Option(
    help:
      "PostgreSQL's address, like postgres://user@host/name (DATABASE_URL). Default: SQLite in the data folder."
  )
  var databaseUrl: String?
  @Option(help: "Connections to PostgreSQL at the most (RILL_DATABASE_POOL). Default: 10.")
  var databasePool: String?
  @Option(
    help:
      "Seconds without a word after which other servers take this one for dead (RILL_NODE_LEASE). Default: 10."
  )
  var nodeLease: String?
  @Option(help: "extractive or openai (RILL_MODEL_PROVIDER). Default: found automatically.")
  var modelProvider: String?
  @Option(help: "Base URL of an OpenAI-compatible endpoint, with /v1 (OPENAI_BASE_URL).")
  var openaiBaseUrl: String?
  @Option(help: "Name of the model (RILL_MODEL).")
  var model: String?
  @Option(
    help: "Who decides whether a message needs the documents: rules or model (RILL_ROUTER). Default: rules.")
  var router: String?
  @Option(
    help: "Who completes follow-up questions for the search: auto, rules or model (RILL_QUERY_WRITER).")
  var queryWriter: String?
  @Option(help: "embedded, endpoint or none (RILL_RERANKER). Default: endpoint if RILL_RERANK_URL is set.")
  var reranker: String?
  @Option(help: "URL of a rerank endpoint, like http://127.0.0.1:8080/v1/rerank (RILL_RERANK_URL).")
  var rerankUrl: String?
  @Option(help: "Name of the model at the rerank endpoint (RILL_RERANK_MODEL).")
  var rerankModel: String?
  @Option(help: "Seconds without activity from the model before a run ends (RILL_IDLE_TIMEOUT). Default: 30.")
  var idleTimeout: String?
  @Option(help: "Seconds that a run goes on without a reader (RILL_DISCONNECT_GRACE). Default: 10.")
  var disconnectGrace: String?
  @Option(help: "Seconds of silence before a heartbeat (RILL_HEARTBEAT). Default: 5.")
  var heartbeat: String?
  @Option(help: "Runs at once, working and waiting (RILL_MAX_RUNS). Default: 10000.")
  var maxRuns: String?
  @Option(help: "Runs of one client at once; 0 for any number (RILL_MAX_RUNS_PER_CLIENT). Default: 0.")
  var maxRunsPerClient: String?
  @Option(help: "Runs that work at once while others wait; 0 for all (RILL_RUN_SLOTS). Default: 0.")
  var runSlots: String?
  @Option(
    help: "Seconds between two writes of a running answer to the disk (RILL_FLUSH_INTERVAL). Default: 0.2.")
  var flushInterval: String?
  @Option(
    help: "Seconds that a finished run is kept event by event (RILL_RUN_RETENTION). Default: 3600.")
  var runRetention: String?
  @Option(
    help: "Open connections; 0 for as many as there are descriptors (RILL_MAX_CONNECTIONS). Default: 0.")
  var maxConnections: String?
  @Option(help: "Tokens after which an answer is cut (RILL_MAX_ANSWER_TOKENS). Default: 200000.")
  var maxAnswerTokens: String?
  @Option(help: "Bytes after which an answer is cut (RILL_MAX_ANSWER_BYTES). Default: 1000000.")
  var maxAnswerBytes: String?
  @Option(
    help: "Seconds that running answers get when Rill is told to end (RILL_SHUTDOWN_GRACE). Default: 10.")
  var shutdownGrace: String?
  @Option(help: "Whether Rill's own documentation is indexed at the start (RILL_SAMPLE_DOCS). Default: true.")
  var sampleDocs: String?
  @Option(help: "A folder whose files are followed (RILL_WATCH).")
  var watch: String?
  @Option(
    help: "Whether documents may be fetched from private addresses (RILL_ALLOW_PRIVATE_URLS). Default: false."
  )
  var allowPrivateUrls: String?
  @Option(help: "Bytes of the largest file that is taken in (RILL_MAX_UPLOAD_BYTES). Default: 200000000.")
  var maxUploadBytes: String?
  @Option(
    help: "Where vectors come from: auto, minilm, openai or none (RILL_EMBEDDING_PROVIDER). Default: auto.")
  var embeddingProvider: String?
  @Option(
    help: "Folder with the embedding model's weights (RILL_EMBEDDING_DIR). Default: found automatically.")
  var embeddingDir: String?
  @Option(help: "Name of the endpoint's embedding model (RILL_EMBEDDING_MODEL).")
  var embeddingModel: String?
  @Option(help: "Base URL of an endpoint for vectors (OPENAI_EMBEDDING_BASE_URL). Default: OPENAI_BASE_URL.")
  var openaiEmbeddingBaseUrl: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical (LOG_LEVEL). Default: info.")
  var logLevel: String?

  /// What was given. Secrets have no option: a command line can be read by every user of the machine.
  var values: [SettingKey: String] {
    let all: [SettingKey: String?] = [
      .host: host, .port: port, .dataDirectory: dataDir, .publicDirectory: publicDir,
      .databaseURL: databaseUrl,
      .modelProvider: modelProvider, .openAIBaseURL: openaiBaseUrl, .model: model, .router: router,
      .queryWriter: queryWriter, .reranker: reranker, .rerankURL: rerankUrl, .rerankModel: rerankModel,
      .idleTimeout: idleTimeout, .disconnectGrace: disconnectGrace, .heartbeat: heartbeat, .maxRuns: maxRuns,
      .maxRunsPerClient: maxRunsPerClient, .runSlots: runSlots, .flushInterval: flushInterval,
      .runRetention: runRetention, .maxConnections: maxConnections, .maxAnswerTokens: maxAnswerTokens,
      .maxAnswerBytes: maxAnswerBytes, .shutdownGrace: shutdownGrace,
      .sampleDocuments: sampleDocs, .watchedFolder: watch, .allowPrivateURLs: allowPrivateUrls,
      .maxUploadBytes: maxUploadBytes, .embeddingProvider: embeddingProvider,
      .embeddingDirectory: embeddingDir, .embeddingModel: embeddingModel,
      .embeddingBaseURL: openaiEmbeddingBaseUrl, .logLevel: logLevel,
    ]
    return all.compactMapValues { $0 }
  }

  /// Reads and checks all settings.
  /// - Throws: ``ConfigurationError``, which names the key.
  func load() async throws -> RillConfiguration {
    let reader = try await SettingsReader(
      options: values, environment: ProcessInfo.processInfo.environment, file: file)
    return try RillConfiguration(reader)
  }

  private var file: URL? {
    if let config { return URL(filePath: config) }
    return ["rill.json", "rill.yaml"].map { URL(filePath: $0) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }
}
