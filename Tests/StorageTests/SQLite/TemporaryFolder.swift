import Foundation
import Storage

/// Runs `body` with a new folder and removes it afterwards.
func withTemporaryFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("rill-tests-\(UUID().uuidString)", isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

/// Runs `body` with an empty database in a real file.
func withDatabase(_ body: (SQLiteDatabase) async throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    let database = try await SQLiteDatabase.open(folder: folder)
    try await body(database)
    try database.close()
  }
}
