import Foundation
import Graph
import Logging
import Postgres
import Providers
import Storage

/// The database that the configuration asks for.
enum DatabaseChoice {
  /// Makes the data folder, if it is not there, and opens the database.
  /// - Parameter node: who uses it; `nil` for a command that comes and goes beside the servers.
  /// - Throws: ``StoreError``, ``ConfigurationError``.
  static func open(
    _ configuration: RillConfiguration, node: UUID? = nil, logger: Logger
  ) async throws -> any RillDatabase {
    guard let url = configuration.databaseURL else {
      return try await SQLiteDatabase.open(folder: configuration.dataDirectory)
    }
    do {
      var settings = try PostgresConfiguration(url: url.reveal())
      settings.poolSize = configuration.databasePoolSize
      return try await PostgresDatabase.open(settings, nodeID: node ?? UUID(), logger: logger)
    } catch let error as PostgresError {
      throw ConfigurationError(key: "DATABASE_URL", message: error.message)
    } catch let error as StoreError {
      throw ConfigurationError(
        key: "DATABASE_URL", message: error.message + (error.detail.map { " (\($0))" } ?? ""))
    }
  }

  /// - Throws: ``StoreError`` when it cannot be made.
  static func makeFolder(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(
        .unavailable, "The data folder cannot be made. Check its place and its permissions.",
        detail: "\(error)")
    }
  }
}
