import Foundation
import Graph
import Logging
import Postgres
import Storage

/// A PostgreSQL database in a schema of its own, which is dropped at the end.
struct BenchmarkDatabase {
  let stores: Stores
  /// For what no store asks: sizes, plans, ANALYZE.
  let client: PostgresClient

  static func with<Value: Sendable>(
    url: String, _ body: @Sendable (BenchmarkDatabase) async throws -> Value
  ) async throws -> Value {
    let logger = Logger(label: "benchmark")
    let schema = "rill_benchmark_\(UInt32.random(in: 0...(.max)))"
    let admin = PostgresClient(try PostgresConfiguration(url: url), logger: logger)
    _ = try await admin.query("CREATE SCHEMA \(schema)")
    let own = url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)%2Cpublic"
    let result: Result<Value, any Error>
    do {
      let database = try await PostgresDatabase.open(url: own, nodeID: UUID(), logger: logger)
      let client = PostgresClient(try PostgresConfiguration(url: own), logger: logger)
      if let missing = database.vectorsUnavailable { print(missing) }
      do {
        let stores = database.stores(of: .everyone)
        result = .success(try await body(BenchmarkDatabase(stores: stores, client: client)))
      } catch {
        result = .failure(error)
      }
      await client.close()
      await database.close()
    }
    _ = try await admin.query("DROP SCHEMA \(schema) CASCADE")
    await admin.close()
    return try result.get()
  }
}
