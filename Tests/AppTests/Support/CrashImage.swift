import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// A database on the disk, and what a crash leaves of it.
struct CrashImage {
  /// Gives `body` a database in a folder of its own, which is removed afterwards.
  static func withDatabase<Result>(
    _ body: (TestDatabase, _ folder: URL) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rill-crash-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try await TestDatabase.sqlite(in: folder)
    return try await body(database, folder)
  }

  /// Opens a copy of the files as they are at this moment: what a process that is killed now leaves behind.
  static func take<Result>(
    of folder: URL, _ body: (TestDatabase, _ folder: URL) async throws -> Result
  ) async throws -> Result {
    let copy = folder.appending(path: "copy-\(UUID())")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    for suffix in ["", "-wal"] {
      let name = SQLiteDatabase.fileName + suffix
      try FileManager.default.copyItem(at: folder.appending(path: name), to: copy.appending(path: name))
    }
    return try await body(try await TestDatabase.sqlite(in: copy), copy)
  }
}

extension TestDatabase {
  /// Gives the search something to find for the tests' question.
  func indexRiver() async throws {
    let id = UUID()
    let chunk = Chunk(
      id: UUID(), documentID: id, ordinal: 0, headings: [], text: "In the end the river flows to the sea.",
      byteRange: 0..<38)
    let document = Document(
      id: id, title: "River", source: "river.txt", mediaType: "text/plain", contentHash: "river",
      byteCount: 38, chunkCount: 1, createdAt: .now)
    _ = try await knowledge.save(document, text: .plainText(chunk.text), chunks: [chunk])
  }

  /// Waits until so many events of a run are stored.
  func waitForEvents(_ count: Int, of run: UUID) async throws {
    try await eventually { try await runs.run(id: run)?.lastEventID ?? 0 >= count }
  }
}
