import Foundation
import GRDB
import Graph

/// A data folder that is copied from.
struct SQLiteTransferSource: TransferSource {
  let folder: URL

  func withSnapshot<Value: Sendable>(
    _ body: (any TransferReader) async throws -> Value
  ) async throws -> Value {
    let file = folder.appendingPathComponent(SQLiteDatabase.fileName)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw StoreError(.notFound, "There is no database in the data folder that is to be copied.")
    }
    return try await DataFolderLock.withLock(of: folder) {
      let database = try await SQLiteDatabase.open(folder: folder)
      defer { try? database.close() }
      let snapshot = try database.snapshot()
      let isBusy = try await snapshot.read {
        try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'running')") ?? false
      }
      guard !isBusy else { throw TransferObstacle.runningRuns }
      return try await body(
        SQLiteTransferReader(reader: snapshot, originals: OriginalFolder(dataFolder: folder)))
    }
  }
}

/// A data folder that is copied to.
///
/// The database is made under another name and gets its own when it is complete: whatever ends the copy before, there is no
/// database, and the next copy begins anew.
struct SQLiteTransferTarget: TransferTarget {
  /// The name of the file while it is being made.
  static let unfinishedName = "unfinished-copy.sqlite"

  let folder: URL

  func fill<Value: Sendable>(
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value {
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(
        .unavailable, "The data folder to copy to cannot be made. Check its permissions.",
        detail: String(describing: error))
    }
    return try await DataFolderLock.withLock(of: folder) {
      let file = folder.appendingPathComponent(SQLiteDatabase.fileName)
      let unfinished = folder.appendingPathComponent(Self.unfinishedName)
      try await Self.requireEmpty(file)
      Self.remove(unfinished)
      let originals = OriginalFolder(dataFolder: folder)
      do {
        let value = try await make(unfinished, originals, body)
        // Another program may have begun one meanwhile.
        try await Self.requireEmpty(file)
        try Self.flush(unfinished)
        try put(unfinished, inPlaceOf: file)
        return value
      } catch {
        Self.remove(unfinished)
        try? await originals.removeAdded()
        throw SQLiteErrorMapping.map(error)
      }
    }
  }

  private func make<Value: Sendable>(
    _ file: URL, _ originals: OriginalFolder,
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value {
    var configuration = SQLiteDatabase.configuration
    configuration.prepareDatabase { db in
      // The file counts from the moment on that it is complete and flushed.
      try db.execute(
        sql: "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -65536")
    }
    let queue = try await Self.blocking { [configuration] in
      let queue = try DatabaseQueue(path: file.path, configuration: configuration)
      try SQLiteSchema.migrate(queue)
      return queue
    }
    defer { try? queue.close() }
    return try await body(SQLiteTransferStore(queue: queue, originals: originals))
  }

  /// Neither changes the file nor makes one.
  private static func requireEmpty(_ file: URL) async throws {
    let isEmpty = try await blocking {
      guard FileManager.default.fileExists(atPath: file.path) else { return true }
      var configuration = SQLiteDatabase.configuration
      // A connection that may only read would leave files beside it that it cannot remove.
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA query_only = 1") }
      let queue = try DatabaseQueue(path: file.path, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { db in
        for table in ["sessions", "documents", "ingestion_jobs"] where try db.tableExists(table) {
          if try Row.fetchOne(db, sql: "SELECT 1 FROM \(table) LIMIT 1") != nil { return false }
        }
        return true
      }
    }
    guard isEmpty else { throw TransferObstacle.notEmpty }
  }

  private func put(_ new: URL, inPlaceOf old: URL) throws {
    Self.remove(old)
    // Vectors of the database that was there.
    try? FileManager.default.removeItem(
      at: folder.appendingPathComponent(SQLiteDatabase.vectorFolderName, isDirectory: true))
    guard rename(new.path, old.path) == 0 else {
      throw StoreError(
        .failed, "The copied database cannot be given its name. Check the data folder's permissions.",
        detail: "errno \(errno)")
    }
    try Self.flush(folder)
  }

  private static func remove(_ file: URL) {
    for suffix in ["-wal", "-shm", "-journal", ""] { unlink(file.path + suffix) }
  }

  private static func flush(_ url: URL) throws {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreError(
        .failed, "The copied database cannot be read again. Check the disk.", detail: "errno \(errno)")
    }
    defer { close(descriptor) }
    let result = fsync(descriptor)
    // Some file systems cannot flush a folder.
    guard result == 0 || url.hasDirectoryPath else {
      throw StoreError(
        .failed, "The disk reported an error while the copy was written. Check the disk.",
        detail: "errno \(errno)")
    }
  }

  private static func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try SQLiteErrorMapping.run(body) })
      }
    }
  }
}

extension SQLiteDatabase {
  /// The file as it is now, for as long as the snapshot lives. Not of a database in memory.
  fileprivate func snapshot() throws -> DatabaseSnapshot {
    try SQLiteErrorMapping.run {
      guard let pool = writer as? DatabasePool else {
        throw StoreError(.failed, "A database in memory cannot be copied.")
      }
      return try pool.makeSnapshot()
    }
  }
}

/// What keeps a database from being copied.
enum TransferObstacle {
  static let runningRuns = StoreError(
    .conflict,
    "An answer at the source has not ended, or was cut off. Start Rill there, end it again, and copy then.")
  static let notEmpty = StoreError(
    .conflict,
    "There are conversations or documents at the target. Copy to an empty database: nothing was changed.")
  static func orphan(in table: TransferTable) -> StoreError {
    StoreError(
      .failed, "Something at the source belongs to nothing there, so it cannot be copied.",
      detail: "table \(table.rawValue)")
  }
  static let serving = StoreError(
    .conflict, "A Rill is running with one of the databases. Stop it first; nothing was changed.")
}
