/// Everything that can be configured. One case, one key in the environment, one option on the command line, one key in
/// the file.
enum SettingKey: String, Sendable, CaseIterable {
  case host = "RILL_HOST"
  case port = "RILL_PORT"
  case dataDirectory = "RILL_DATA_DIR"
  case publicDirectory = "RILL_PUBLIC_DIR"
  case databaseURL = "DATABASE_URL"
  case databasePoolSize = "RILL_DATABASE_POOL"
  case nodeLease = "RILL_NODE_LEASE"
  case modelProvider = "RILL_MODEL_PROVIDER"
  case openAIBaseURL = "OPENAI_BASE_URL"
  case openAIKey = "OPENAI_API_KEY"
  case model = "RILL_MODEL"
  case router = "RILL_ROUTER"
  case queryWriter = "RILL_QUERY_WRITER"
  case reranker = "RILL_RERANKER"
  case rerankURL = "RILL_RERANK_URL"
  case rerankKey = "RILL_RERANK_API_KEY"
  case rerankModel = "RILL_RERANK_MODEL"
  case idleTimeout = "RILL_IDLE_TIMEOUT"
  case disconnectGrace = "RILL_DISCONNECT_GRACE"
  case heartbeat = "RILL_HEARTBEAT"
  case maxRuns = "RILL_MAX_RUNS"
  case maxRunsPerClient = "RILL_MAX_RUNS_PER_CLIENT"
  case runSlots = "RILL_RUN_SLOTS"
  case flushInterval = "RILL_FLUSH_INTERVAL"
  case runRetention = "RILL_RUN_RETENTION"
  case maxConnections = "RILL_MAX_CONNECTIONS"
  case maxAnswerTokens = "RILL_MAX_ANSWER_TOKENS"
  case maxAnswerBytes = "RILL_MAX_ANSWER_BYTES"
  case shutdownGrace = "RILL_SHUTDOWN_GRACE"
  case apiToken = "RILL_API_TOKEN"
  case sampleDocuments = "RILL_SAMPLE_DOCS"
  case watchedFolder = "RILL_WATCH"
  case allowPrivateURLs = "RILL_ALLOW_PRIVATE_URLS"
  case maxUploadBytes = "RILL_MAX_UPLOAD_BYTES"
  case embeddingProvider = "RILL_EMBEDDING_PROVIDER"
  case embeddingDirectory = "RILL_EMBEDDING_DIR"
  case embeddingModel = "RILL_EMBEDDING_MODEL"
  case embeddingBaseURL = "OPENAI_EMBEDDING_BASE_URL"
  case embeddingKey = "OPENAI_EMBEDDING_API_KEY"
  case logLevel = "LOG_LEVEL"

  /// The key as it is called in the environment.
  var environmentName: String { rawValue }

  /// The key in `rill.json` and `rill.yaml`: the environment's name in lower case, without Rill's own prefix. A file may
  /// also use the environment's name.
  var fileName: String {
    let name = rawValue.lowercased()
    return name.hasPrefix("rill_") ? String(name.dropFirst(5)) : name
  }

  /// The option on the command line, without its dashes.
  var optionName: String { fileName.replacing("_", with: "-") }
}
