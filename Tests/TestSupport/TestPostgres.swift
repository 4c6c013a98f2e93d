import Foundation
import Logging
import Postgres
import Synchronization

/// A real PostgreSQL server for tests, in whose database each test has a schema of its own.
///
/// `make test` starts one and names it in `RILL_TEST_POSTGRES_URL`; without it such tests are skipped
/// (`.enabled(if: TestPostgres.isGiven)`).
public enum TestPostgres {
  public static let url = ProcessInfo.processInfo.environment["RILL_TEST_POSTGRES_URL"].flatMap {
    $0.isEmpty ? nil : $0
  }
  public static var isGiven: Bool { url != nil }

  public struct Missing: Error {
    public init() {}
  }

  /// Runs `body` with the URL of a new, empty schema, and drops it afterwards. A few tests do so at a time, for a server
  /// has a limited number of connections.
  public static func withSchema<Value: Sendable>(_ body: (String) async throws -> Value) async throws -> Value
  {
    guard let url else { throw Missing() }
    await seats.take()
    let schema = newName()
    let client = PostgresClient(try configuration(url), logger: Logger(label: "test"))
    let result: Result<Value, any Error>
    do {
      _ = try await client.query("CREATE SCHEMA \(schema)")
      result = .success(try await body(Self.url(url, schema: schema)))
    } catch {
      result = .failure(error)
    }
    _ = try? await client.query("DROP SCHEMA IF EXISTS \(schema) CASCADE", cancellation: .carriesThrough)
    await client.close()
    seats.giveBack()
    return try result.get()
  }

  /// Makes a schema that stays until the server is thrown away, for tests that have no end of their own to drop it at.
  /// - Returns: its URL.
  public static func makeSchema() async throws -> String {
    guard let url else { throw Missing() }
    let schema = newName()
    let client = PostgresClient(try configuration(url), logger: Logger(label: "test"))
    _ = try await client.query("CREATE SCHEMA \(schema)")
    await client.close()
    return Self.url(url, schema: schema)
  }

  private static func newName() -> String {
    "rill_test_" + UUID().uuidString.lowercased().replacing("-", with: "")
  }

  private static func configuration(_ url: String) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: patient(url))
    configuration.poolSize = 1
    configuration.acquireTimeout = .seconds(60)
    return configuration
  }

  private static func url(_ url: String, schema: String) -> String {
    patient(url) + "&options=-csearch_path%3D\(schema)%2Cpublic"
  }

  /// While other tests compute on every core, a connection may take long to open: more than a server should wait.
  private static func patient(_ url: String) -> String {
    url + (url.contains("?") ? "&" : "?") + "connect_timeout=60"
  }

  private static let seats = TestSeats(8)
}

/// Lets so many tests at a time use something, the others wait in line.
private final class TestSeats: Sendable {
  private struct State {
    var free: Int
    var line: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    state = Mutex(State(free: count))
  }

  func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.line.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.line.isEmpty else { return state.line.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
