import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

/// The server that the tests use, each in a schema of its own.
enum TestDatabase {
  static let url = ProcessInfo.processInfo.environment["RILL_TEST_POSTGRES_URL"]
  /// Restarts the server.
  static let restartCommand = ProcessInfo.processInfo.environment["RILL_TEST_POSTGRES_CTL"]
  static var isGiven: Bool { url != nil }

  /// Nothing but errors are of interest, unless a test brings a logger of its own.
  static let logger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    return logger
  }()

  /// - Parameter options: in place of what the URL says, by libpq's keyword.
  static func configuration(schema: String? = nil, _ options: [String: String] = [:]) throws
    -> PostgresConfiguration
  {
    var parameters = try ConnectionString.parse(try #require(url))
    if let schema { parameters["options"] = "-csearch_path=\(schema),public" }
    parameters.merge(options) { _, given in given }
    return try PostgresConfiguration(
      url: parameters.map { key, value in
        let quoted = value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
          of: "'", with: "\\'")
        return "\(key)='\(quoted)'"
      }.joined(separator: " "))
  }

  /// Gives a client to `body` whose connections live in a schema that is dropped afterwards.
  static func withClient(
    logger: Logger = logger, through proxy: TestProxy? = nil,
    _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresClient) async throws -> Void
  ) async throws {
    let schema = "rill_test_\(UInt64.random(in: 0...UInt64.max))"
    let keeper = PostgresClient(try configuration(), logger: logger)
    _ = try await keeper.query("CREATE SCHEMA \(schema)")
    var configuration = try configuration(
      schema: schema, proxy.map { ["host": "127.0.0.1", "port": "\($0.port)"] } ?? [:])
    // Time-outs are for the tests that are about them; a busy machine is no failure.
    configuration.acquireTimeout = .seconds(60)
    configuration.grace = .seconds(20)
    configuration.checkTimeout = .seconds(10)
    change(&configuration)
    let client = PostgresClient(configuration, logger: logger)
    var failure: (any Error)?
    do { try await body(client) } catch { failure = error }
    await client.close()
    proxy?.close()
    _ = try await keeper.query("DROP SCHEMA \(schema) CASCADE", cancellation: .carriesThrough)
    await keeper.close()
    if let failure { throw failure }
  }
}

/// Expects an error of this layer and returns it.
func failure<Value>(
  _ body: () async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
  do {
    _ = try await body()
  } catch let error as PostgresError {
    return error
  }
  try #require(Bool(false), "no error was thrown", sourceLocation: sourceLocation)
  fatalError("unreachable")
}

/// Collects what is logged.
struct RecordingLogHandler: LogHandler {
  let lines: Recorder<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.append("\(event.level): \(event.message) \(event.metadata ?? [:])")
  }

  static func logger() -> (Logger, Recorder<String>) {
    let lines = Recorder<String>()
    return (Logger(label: "test") { _ in RecordingLogHandler(lines: lines) }, lines)
  }
}

/// Collects from several tasks.
final class Recorder<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  var all: [Element] { elements.withLock { $0 } }
  func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

/// Counts from several tasks.
final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
  func add() { count.add(1, ordering: .sequentiallyConsistent) }
}

extension TestDatabase {
  /// Asks the server until it says yes.
  static func wait(
    _ client: PostgresClient, until condition: String, _ parameters: [PostgresValue] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<2000 {
      if try await client.query("SELECT \(condition), pg_sleep(0.005)", parameters)[0][0] == true { return }
    }
    Issue.record("the server never said yes: \(condition)", sourceLocation: sourceLocation)
  }
}

/// Lets others run until something is so. For what happens in this process within moments.
func wait(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while !condition() {
    try #require(ContinuousClock.now < deadline, "it never became so", sourceLocation: sourceLocation)
    try await Task.sleep(for: .milliseconds(1))
  }
}
