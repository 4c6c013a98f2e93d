internal import CFullText
public import Foundation
internal import GRDB
public import Graph

/// Rill's own database: one SQLite file in the data folder.
///
/// Reads run side by side on their own connections (write-ahead logging), writes one after the other on theirs; none
/// blocks a thread of the cooperative pool. Reads end early when their task is cancelled. A write is always carried
/// through: the partial answer of a stopped run is saved by a task that may already be cancelled.
public struct SQLiteDatabase: StoreHealth {
  /// The name of the file in the data folder.
  public static let fileName = "rill.sqlite"
  /// The folder beside it for what is derived from it, and may be deleted at any time.
  public static let vectorFolderName = "vectors"

  let writer: any DatabaseWriter
  /// `nil` for a database in memory.
  let file: URL?
  let vectors: SQLiteVectorSearch

  /// Opens the database in a folder, and makes both if they are not there.
  ///
  /// - Throws: ``StoreError``: ``StoreError/Code/unavailable`` when the folder cannot be written or the file is damaged,
  ///   ``StoreError/Code/newerSchema`` when a newer Rill made it.
  public static func open(folder: URL) async throws -> SQLiteDatabase {
    try await open(folder: folder, vectorLimits: VectorIndexLimits())
  }

  static func open(folder: URL, vectorLimits: VectorIndexLimits) async throws -> SQLiteDatabase {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result { try SQLiteErrorMapping.run { try openBlocking(folder: folder, vectorLimits) } })
      }
    }
  }

  /// A database that lives as long as this value, for tests.
  public static func inMemory() throws -> SQLiteDatabase {
    try SQLiteErrorMapping.run {
      let queue = try DatabaseQueue(configuration: configuration)
      try SQLiteSchema.migrate(queue)
      return SQLiteDatabase(
        writer: queue, file: nil, vectors: SQLiteVectorSearch(writer: queue, index: VectorIndex(folder: nil)))
    }
  }

  public func checkAvailability() async throws {
    try await read { db in
      _ = try Int.fetchOne(db, sql: "SELECT 1 FROM sessions LIMIT 1")
      // SQLite goes on writing to a file that was deleted, and all would be lost at the next start.
      if let file, !FileManager.default.fileExists(atPath: file.path) {
        throw StoreError(.unavailable, "The database file has been removed. Start Rill again.")
      }
    }
  }

  /// Waits for running accesses and closes the file. Later calls fail.
  public func close() throws {
    try SQLiteErrorMapping.run { try writer.close() }
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    do {
      return try await writer.read(body)
    } catch {
      throw SQLiteErrorMapping.map(error)
    }
  }

  /// Runs `body` in a transaction, whether the task is cancelled or not.
  func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      writer.asyncWrite(body) { _, result in
        continuation.resume(with: result.mapError { SQLiteErrorMapping.map($0) })
      }
    }
  }

  private static func openBlocking(folder: URL, _ limits: VectorIndexLimits) throws -> SQLiteDatabase {
    do {
      // What people ask and index is private: others on the machine may not look in.
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(
        .unavailable,
        "The data folder cannot be created. Check its permissions, or choose another one with RILL_DATA_DIR.",
        detail: String(describing: error))
    }
    let file = folder.appendingPathComponent(fileName)
    let pool = try DatabasePool(path: file.path, configuration: configuration)
    try pool.writeWithoutTransaction(requireDurableCommits)
    try SQLiteSchema.migrate(pool)
    let index = VectorIndex(
      folder: folder.appendingPathComponent(vectorFolderName, isDirectory: true), limits: limits)
    return SQLiteDatabase(
      writer: pool, file: file, vectors: SQLiteVectorSearch(writer: pool, index: index))
  }

  /// What was acknowledged survives a power cut, not only the end of the process: each commit waits for the disk.
  ///
  /// Set after the pool has been opened, which itself settles for less (`NORMAL`: the last commits may be lost).
  private static func requireDurableCommits(_ db: Database) throws {
    try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = 1")
  }

  /// SQLite's own `lower` knows the letters from A to Z only.
  private static let lower = DatabaseFunction("rill_lower", argumentCount: 1, pure: true) { values in
    String.fromDatabaseValue(values[0])?.lowercased()
  }

  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "rill.sqlite"
    configuration.foreignKeysEnabled = true
    // `rill ingest` may write while the server runs; each of its transactions takes milliseconds. SQLite's own way of
    // waiting sleeps for up to 100 ms and finds the lock taken again: runs then waited for more than a second beside a
    // busy import, and wait for less than 0.1 s when they look every two milliseconds.
    configuration.busyMode = .callback { tries in
      usleep(2_000)
      return tries < 2_500
    }
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      db.add(function: lower)
      let code = ResultCode(rawValue: rill_add_best_rows(db.sqliteConnection))
      guard code == .SQLITE_OK else { throw DatabaseError(resultCode: code) }
    }
    return configuration
  }
}
