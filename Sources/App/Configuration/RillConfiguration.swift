import Foundation
import Graph
import Logging
import Providers

/// Everything that Rill reads before it starts, checked.
struct RillConfiguration: Sendable {
  enum RouterKind: String, Sendable, CaseIterable {
    case rules, model
  }

  /// Who completes follow-up questions for the search.
  enum QueryWriterKind: String, Sendable, CaseIterable {
    /// The language model, if there is one that can write.
    case automatic = "auto"
    case rules, model
  }

  enum RerankerKind: String, Sendable, CaseIterable {
    case embedded, endpoint, none
  }

  var host = "127.0.0.1"
  /// 0 lets the system choose.
  var port = 8_000
  var dataDirectory = URL(filePath: "data")
  /// `nil`: `Public` beside the working directory, or beside the executable.
  var publicDirectory: URL?
  var modelProvider: String?
  var openAIBaseURL: String?
  var openAIKey: Secret?
  var model: String?
  var router = RouterKind.rules
  var queryWriter = QueryWriterKind.automatic
  var reranker = RerankerKind.embedded
  var rerankURL: String?
  var rerankKey: Secret?
  var rerankModel: String?
  /// PostgreSQL's address; `nil` for SQLite in the data folder. It may hold a password.
  var databaseURL: Secret?
  var databasePoolSize = 10
  var cluster = ClusterService.Settings()
  var runs = RunService.Settings()
  var pipeline = ChatGraph.Settings()
  var apiToken: Secret?
  /// `nil`: as many as the process has descriptors for.
  var maxConnections: Int?
  var indexesSampleDocuments = true
  var documents = DocumentSettings()
  var logLevel = Logger.Level.info

  init() {}

  /// - Throws: ``ConfigurationError``, which names the key.
  init(_ settings: SettingsReader) throws {
    host = try settings.string(.host) ?? host
    port = try settings.integer(.port, in: 0...65_535) ?? port
    dataDirectory = try settings.string(.dataDirectory).map { URL(filePath: $0) } ?? dataDirectory
    publicDirectory = try settings.string(.publicDirectory).map { URL(filePath: $0) }
    modelProvider = try settings.choice(.modelProvider, of: ["extractive", "openai"])
    openAIBaseURL = try settings.string(.openAIBaseURL)
    openAIKey = try settings.string(.openAIKey).map(Secret.init)
    model = try settings.string(.model)
    router =
      try settings.choice(.router, of: RouterKind.allCases.map(\.rawValue)).flatMap {
        RouterKind(rawValue: $0)
      } ?? router
    try readReranker(settings)
    queryWriter =
      try settings.choice(.queryWriter, of: QueryWriterKind.allCases.map(\.rawValue)).flatMap {
        QueryWriterKind(rawValue: $0)
      } ?? queryWriter
    indexesSampleDocuments = try settings.boolean(.sampleDocuments) ?? true
    apiToken = try settings.string(.apiToken).map(Secret.init)
    logLevel =
      try settings.choice(.logLevel, of: Logger.Level.allCases.map(\.rawValue)).flatMap {
        Logger.Level(rawValue: $0)
      } ?? logLevel
    documents = try DocumentSettings(settings)
    try readDatabase(settings)
    try readLimits(settings)
    try check(settings)
  }

  private mutating func readDatabase(_ settings: SettingsReader) throws {
    if let url = try settings.string(.databaseURL) {
      guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
        throw ConfigurationError(
          key: "DATABASE_URL",
          message:
            "It must begin with postgres://. Leave it out to keep everything in SQLite, in RILL_DATA_DIR.")
      }
      databaseURL = Secret(url)
    }
    databasePoolSize = try settings.integer(.databasePoolSize, in: 2...1_000) ?? databasePoolSize
    cluster.lease = try settings.seconds(.nodeLease, in: 1...3_600) ?? cluster.lease
  }

  private mutating func readReranker(_ settings: SettingsReader) throws {
    rerankURL = try settings.string(.rerankURL)
    rerankKey = try settings.string(.rerankKey).map(Secret.init)
    rerankModel = try settings.string(.rerankModel)
    reranker =
      try settings.choice(.reranker, of: RerankerKind.allCases.map(\.rawValue)).flatMap {
        RerankerKind(rawValue: $0)
      } ?? (rerankURL == nil ? .embedded : .endpoint)
    guard reranker != .endpoint || rerankURL != nil else {
      throw ConfigurationError(
        key: "RILL_RERANK_URL", message: "It must be set when RILL_RERANKER is endpoint.")
    }
  }

  private mutating func readLimits(_ settings: SettingsReader) throws {
    pipeline.idleTimeout = try settings.seconds(.idleTimeout, in: 0.05...86_400) ?? pipeline.idleTimeout
    pipeline.maxAnswerTokens =
      try settings.integer(.maxAnswerTokens, in: 1...10_000_000) ?? pipeline.maxAnswerTokens
    pipeline.maxAnswerBytes =
      try settings.integer(.maxAnswerBytes, in: 1...100_000_000) ?? pipeline.maxAnswerBytes
    runs.disconnectGrace = try settings.seconds(.disconnectGrace, in: 0...86_400) ?? runs.disconnectGrace
    runs.heartbeat = try settings.seconds(.heartbeat, in: 0.05...3_600) ?? runs.heartbeat
    runs.limits.runs = try settings.integer(.maxRuns, in: 1...1_000_000) ?? runs.limits.runs
    maxConnections = try settings.limit(.maxConnections)
    runs.limits.runsPerClient = try settings.limit(.maxRunsPerClient)
    runs.limits.places = try settings.limit(.runSlots)
    runs.flushInterval = try settings.seconds(.flushInterval, in: 0.01...60) ?? runs.flushInterval
    runs.shutdownGrace = try settings.seconds(.shutdownGrace, in: 0...86_400) ?? runs.shutdownGrace
    runs.retention = try settings.seconds(.runRetention, in: 0...31_536_000) ?? runs.retention
  }

  private func check(_ settings: SettingsReader) throws {
    if !isLoopback, apiToken == nil {
      throw ConfigurationError(
        key: "RILL_API_TOKEN",
        message:
          "Rill only listens on \(host) with an API token, because others can reach it there. Set RILL_API_TOKEN, or "
          + "leave RILL_HOST at 127.0.0.1.")
    }
  }

  /// Whether only this machine can connect.
  var isLoopback: Bool {
    host == "localhost" || host == "::1" || host == "[::1]"
      || host.split(separator: ".").count == 4 && host.hasPrefix("127.")
        && host.split(separator: ".").allSatisfy { UInt8($0) != nil }
  }
}

extension SettingsReader {
  func integer(_ key: SettingKey, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = try string(key) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw ConfigurationError(
        key: key.environmentName,
        message: "It must be a whole number from \(range.lowerBound) to \(range.upperBound), not “\(text)”.")
    }
    return value
  }

  /// - Returns: `nil` for 0, which means no limit.
  func limit(_ key: SettingKey) throws -> Int? {
    try integer(key, in: 0...1_000_000).flatMap { $0 == 0 ? nil : $0 }
  }

  func seconds(_ key: SettingKey, in range: ClosedRange<Double>) throws -> Duration? {
    guard let text = try string(key) else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw ConfigurationError(
        key: key.environmentName,
        message:
          "It must be a number of seconds from \(range.lowerBound) to \(range.upperBound), not “\(text)”.")
    }
    return .seconds(value)
  }

  func boolean(_ key: SettingKey) throws -> Bool? {
    guard let text = try string(key) else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on", "1": return true
    case "false", "no", "off", "0": return false
    default:
      throw ConfigurationError(key: key.environmentName, message: "It must be true or false, not “\(text)”.")
    }
  }

  func choice(_ key: SettingKey, of choices: [String]) throws -> String? {
    guard let text = try string(key)?.lowercased() else { return nil }
    guard choices.contains(text) else {
      throw ConfigurationError(
        key: key.environmentName,
        message: "It must be one of \(choices.joined(separator: ", ")), not “\(text)”.")
    }
    return text
  }
}
