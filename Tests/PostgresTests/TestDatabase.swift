import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

/// The server that the tests use, each in a schema of its own.
enum TestDatabase {
  static let url = ProcessInfo.processInfo.environment["RILL_TEST_POSTGRES_URL"]
  static var isGiven: Bool { url != nil }

  /// Nothing but errors are of interest, unless a test brings a logger of its own.
  static let logger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    return logger
  }()

  static func configuration(schema: String? = nil) throws -> PostgresConfiguration {
    let url = try #require(url)
    let mark = url.contains("?") ? "&" : "?"
    return try PostgresConfiguration(
      url: schema.map { "\(url)\(mark)options=-csearch_path%3D\($0)%2Cpublic" } ?? url)
  }

  /// Gives a client to `body` whose connections live in a schema that is dropped afterwards.
  static func withClient(
    logger: Logger = logger, _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresClient) async throws -> Void
  ) async throws {
    let schema = "rill_test_\(UInt64.random(in: 0...UInt64.max))"
    let keeper = PostgresClient(try configuration(), logger: logger)
    _ = try await keeper.query("CREATE SCHEMA \(schema)")
    var configuration = try configuration(schema: schema)
    change(&configuration)
    let client = PostgresClient(configuration, logger: logger)
    var failure: (any Error)?
    do { try await body(client) } catch { failure = error }
    await client.close()
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
  final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
  }

  let lines: Lines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    lines.append("\(event.level): \(event.message) \(event.metadata ?? [:])")
  }

  static func logger() -> (Logger, Lines) {
    let lines = Lines()
    return (Logger(label: "test") { _ in RecordingLogHandler(lines: lines) }, lines)
  }
}

/// Counts from several tasks.
final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
  func add() { count.add(1, ordering: .sequentiallyConsistent) }
}
