import Foundation
import Graph
public import Logging
import Postgres

/// A database as a command line names it: `sqlite:PATH` with the path of a data folder or of the file in it, or
/// `postgres://…`.
///
/// Its description never holds a password.
public struct DatabaseAddress: Sendable, CustomStringConvertible {
  private enum Place: Sendable {
    case folder(URL)
    case server(PostgresConfiguration)
  }

  private let place: Place
  public let description: String

  /// - Throws: ``StoreError`` with ``StoreError/Code/unavailable``, whose text does not repeat what was given.
  public init(_ text: String) throws {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    switch scheme {
    case "sqlite":
      let folder = try Self.folder(String(text.dropFirst("sqlite:".count)))
      place = .folder(folder)
      description = "sqlite:\(folder.path)"
    case "postgres", "postgresql":
      do {
        let configuration = try PostgresConfiguration(url: text)
        place = .server(configuration)
        description = "postgres://\(configuration.redactedDescription)"
      } catch {
        throw StoreError(.unavailable, "The address of the PostgreSQL database cannot be read. Correct it.")
      }
    default:
      throw StoreError(
        .unavailable,
        "A database is named as sqlite:FOLDER, with a data folder, or as postgres:… with its address.")
    }
  }

  private static func folder(_ path: String) throws -> URL {
    guard !path.isEmpty else {
      throw StoreError(.unavailable, "There is no path after sqlite: in the name of a database. Add it.")
    }
    // sqlite:///srv/rill is another way to write sqlite:/srv/rill.
    let path = path.hasPrefix("///") ? String(path.dropFirst(2)) : path
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let isFile = url.lastPathComponent == SQLiteDatabase.fileName
    return isFile ? url.deletingLastPathComponent() : URL(fileURLWithPath: path, isDirectory: true)
  }

  /// Copies everything to an empty database, and compares what has arrived with what was sent.
  ///
  /// - Parameters:
  ///   - makeHasher: makes SHA-256.
  ///   - progress: called with what is done next, for people.
  /// - Throws: ``StoreError``, and `CancellationError` when the task is cancelled. The target is as empty as before then.
  public func copy(
    to target: DatabaseAddress, logger: Logger, makeHasher: @escaping @Sendable () -> any ContentHasher,
    progress: @escaping @Sendable (String) -> Void
  ) async throws -> CopyReport {
    try await withSource(logger) { source in
      try await target.withTarget(logger) { target in
        try await DatabaseCopy(source: source, target: target, makeHasher: makeHasher, progress: progress)
          .run()
      }
    }
  }

  private func withSource(
    _ logger: Logger, _ body: (any TransferSource) async throws -> CopyReport
  ) async throws -> CopyReport {
    switch place {
    case .folder(let folder): try await body(SQLiteTransferSource(folder: folder))
    case .server(let configuration):
      try await Self.withDatabase(configuration, logger) {
        try await body(PostgresTransferSource(database: $0))
      }
    }
  }

  private func withTarget(
    _ logger: Logger, _ body: (any TransferTarget) async throws -> CopyReport
  ) async throws -> CopyReport {
    switch place {
    case .folder(let folder): try await body(SQLiteTransferTarget(folder: folder))
    case .server(let configuration):
      try await Self.withDatabase(configuration, logger) {
        try await body(PostgresTransferTarget(database: $0))
      }
    }
  }

  private static func withDatabase(
    _ configuration: PostgresConfiguration, _ logger: Logger,
    _ body: (PostgresDatabase) async throws -> CopyReport
  ) async throws -> CopyReport {
    var configuration = configuration
    configuration.poolSize = 2
    let database = try await PostgresDatabase.open(configuration, nodeID: UUID(), logger: logger)
    do {
      let report = try await body(database)
      await database.close()
      return report
    } catch {
      await database.close()
      throw error
    }
  }
}
