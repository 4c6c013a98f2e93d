public import Logging

/// A PostgreSQL server, reached through a pool of connections that opens them when they are needed, and again when they broke.
///
/// Make one for the process and close it at the end. Every call throws ``PostgresError``, and `CancellationError` when its task is
/// cancelled and it was made with ``PostgresCancellation/cancelsQuery``.
public final class PostgresClient: Sendable {
  let pool: ConnectionPool

  /// Opens nothing yet.
  ///
  /// - Parameter logger: gets the server's notices, at the level `debug`.
  public init(_ configuration: PostgresConfiguration, logger: Logger) {
    pool = ConnectionPool(configuration, logger: logger)
  }

  /// Runs one statement.
  public func query(
    _ sql: String, _ parameters: [PostgresValue] = [], cancellation: PostgresCancellation = .cancelsQuery
  ) async throws -> PostgresResult {
    let results = try await pipeline([PostgresStatement(sql, parameters)], cancellation: cancellation)
    return results[0]
  }

  /// Runs statements in one round trip and in one transaction: all take effect, or none.
  ///
  /// - Returns: a result for each statement.
  /// - Throws: the error of the first statement that failed.
  public func pipeline(
    _ statements: [PostgresStatement], cancellation: PostgresCancellation = .cancelsQuery
  ) async throws -> [PostgresResult] {
    guard !statements.isEmpty else { return [] }
    let encoded = try statements.map { try EncodedStatement($0) }
    var stale = 0
    while true {
      do {
        return try await withSession(cancellation) { try await $0.run(encoded, cancellation) }
      } catch let error as PostgresError where error.isUnsent && stale < pool.size {
        // The connection had broken while it was idle, and was found out only now; there may be more of them.
        stale += 1
      }
    }
  }

  /// Lends a connection to `body`. What it leaves open, a transaction, is rolled back.
  public nonisolated(nonsending) func withConnection<Value: Sendable>(
    cancellation: PostgresCancellation = .cancelsQuery,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    try await withSession(cancellation) { session in
      let connection = PostgresConnection(session, cancellation)
      defer { connection.markReturned() }
      return try await body(connection)
    }
  }

  /// Ends the waits for connections with an error, and returns when the lent ones have come back and all are closed.
  public func close() async {
    await pool.close()
  }

  /// How many connections there are now.
  public var statistics: PostgresStatistics { pool.statistics }

  nonisolated(nonsending) func withSession<Value: Sendable>(
    _ cancellation: PostgresCancellation,
    _ body: nonisolated(nonsending) (PostgresSession) async throws -> Value
  ) async throws -> Value {
    let session = try await pool.acquire(cancellation)
    do {
      let value = try await body(session)
      await pool.release(session)
      return value
    } catch {
      await pool.release(session)
      throw error
    }
  }
}

/// A pool at one moment.
public struct PostgresStatistics: Sendable, Hashable {
  /// Connections that are open or being opened.
  public var open: Int
  /// Connections that nobody uses.
  public var idle: Int
  /// Tasks that wait for a connection.
  public var waiting: Int
}
