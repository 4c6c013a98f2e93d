import Postgres

extension PostgresCluster {
  /// How often it is looked whether others are done.
  private static let lockInterval = Duration.milliseconds(200)

  /// A lock of PostgreSQL's, held by a connection that does nothing else: whoever dies lets go of it.
  public func exclusively<Value: Sendable>(
    _ name: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    var configuration = configuration
    configuration.poolSize = 1
    let client = PostgresClient(configuration, logger: logger)
    let result: Result<Value, any Error>
    do {
      result = .success(try await whenFree(name, client, body))
    } catch let error as PostgresError {
      result = .failure(PostgresErrorMapping.map(error))
    } catch {
      result = .failure(error)
    }
    await client.close()
    return try result.get()
  }

  private func whenFree<Value: Sendable>(
    _ name: String, _ client: PostgresClient, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    while true {
      let value = try await client.withConnection(cancellation: .cancelsQuery) { connection -> Value? in
        guard try await Self.takeLock(name, connection) else { return nil }
        let value = try await body()
        // Should the connection have broken meanwhile, the work is done all the same.
        _ = try? await connection.query("ROLLBACK")
        return value
      }
      if let value { return value }
      try await Task.sleep(for: Self.lockInterval)
    }
  }

  /// Takes a lock that lasts to the end of a transaction: one of the session would be lost behind a pooler.
  private static func takeLock(_ name: String, _ connection: PostgresConnection) async throws -> Bool {
    _ = try await connection.query("BEGIN")
    let results = try await connection.pipeline([
      // The work may take longer than an idle transaction is allowed to.
      PostgresStatement("SET LOCAL idle_in_transaction_session_timeout = 0"),
      PostgresStatement(
        "SELECT pg_try_advisory_xact_lock(\(PostgresLocks.key("$1"))) AS is_free",
        [.text("exclusively " + name)]),
    ])
    if try results.last?.first?["is_free"] ?? false { return true }
    _ = try await connection.query("ROLLBACK")
    return false
  }
}
