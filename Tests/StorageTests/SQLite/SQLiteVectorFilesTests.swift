import Foundation
import GRDB
import Graph
import TestSupport
import Testing

@testable import Storage

@Suite("Files of vectors", .serialized)
struct SQLiteVectorFilesTests {
  /// Three full files and a rest that is only in the database.
  static let capacity = 256
  static let count = 3 * capacity + 100

  private func open(_ folder: URL) async throws -> SQLiteDatabase {
    try await SQLiteDatabase.open(
      folder: folder, vectorLimits: VectorIndexLimits(blockCapacity: Self.capacity))
  }

  /// A database whose chunks have vectors, closed again.
  private func withDatabaseOfVectors(_ body: (URL, [DocumentFixture]) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let database = try await open(folder)
      try await database.embeddings.add(model)
      var random = SeededGenerator(seed: 11)
      var fixtures: [DocumentFixture] = []
      for number in 0..<4 {
        let share = number < 3 ? Self.capacity : 100
        let fixture = makeDocument(
          source: "\(number)", hash: "\(number)", texts: (0..<share).map { "\(number) \($0)" })
        _ = try await database.knowledge.save(fixture)
        try await database.embeddings.save(
          fixture.chunks.map { _ in random.direction(8) }, for: fixture.chunks)
        fixtures.append(fixture)
      }
      try await database.embeddings.loadVectors(model: model.id)
      try database.close()
      try await body(folder, fixtures)
    }
  }

  private func files(_ folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: folder.appendingPathComponent(SQLiteDatabase.vectorFolderName), includingPropertiesForKeys: nil
    ).sorted { $0.path < $1.path }
  }

  /// Opens the database and compares its answers with those of an index that has never seen a file.
  private func check(_ folder: URL) async throws {
    let database = try await open(folder)
    let plain = SQLiteVectorSearch(writer: database.writer, index: VectorIndex(folder: nil))
    var random = SeededGenerator(seed: 99)
    for _ in 0..<4 {
      let query = random.direction(8)
      let expected = try await plain.nearest(
        to: query, model: model.id, limit: 30, filter: .all, owner: .everyone)
      #expect(try await database.embeddings.nearest(query, limit: 30) == expected)
      #expect(expected.count == 30)
    }
    try database.close()
  }

  @Test("are written for full blocks, private, and read at the next start")
  func writtenAndRead() async throws {
    try await withDatabaseOfVectors { folder, _ async throws in
      let names = try files(folder).map(\.lastPathComponent)
      #expect(names == ["1-1.vectors", "1-257.vectors", "1-513.vectors"])
      for file in try files(folder) {
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
      }
      // They are what is read: the database has lost the components of the first vectors.
      let database = try await open(folder)
      try await database.write {
        try $0.execute(sql: "DELETE FROM chunk_vector_values WHERE vector <= 768")
      }
      #expect(try await database.embeddings.nearest(axis(0), limit: 868).count == 868)
      try database.close()
    }
  }

  @Test("may be missing, cut off, damaged, of another model or not at all vectors")
  func damage() async throws {
    try await withDatabaseOfVectors { folder, _ async throws in
      let original = try files(folder)
      let good = try original.map { try Data(contentsOf: $0) }
      func damaged(_ change: (inout Data) -> Void) throws {
        for (file, data) in zip(original, good) { try data.write(to: file) }
        var data = good[1]
        change(&data)
        try data.write(to: original[1])
      }
      let start = good[1].count - 8 * 4 * Self.capacity
      let damages: [(inout Data) -> Void] = [
        { $0.removeLast(100) }, { $0 = Data() }, { $0 = Data(repeating: 65, count: 100) },
        { $0.append(0) }, { $0[0] ^= 1 }, { $0[8] ^= 1 }, { $0[12] ^= 1 },
        // A number, a component, the last byte.
        { $0[64 + 8 * 77] ^= 1 }, { $0[start + 1_234] ^= 0x40 }, { $0[$0.count - 1] ^= 1 },
        { $0 = good[0] }, { $0 = good[2] },
      ]
      for change in damages {
        try damaged(change)
        try await check(folder)
        // Whatever it was, it is whole again.
        #expect(try Data(contentsOf: original[1]) == good[1])
      }
      try damaged { _ in }
      try FileManager.default.removeItem(at: original[1])
      try await check(folder)
      try FileManager.default.removeItem(at: original[0].deletingLastPathComponent())
      try await check(folder)
      #expect(try files(folder).count == 3)
    }
  }

  @Test("of vectors that have changed since are not believed")
  func stale() async throws {
    try await withDatabaseOfVectors { folder, fixtures async throws in
      let saved = folder.appendingPathComponent("saved")
      let vectors = folder.appendingPathComponent(SQLiteDatabase.vectorFolderName)
      try FileManager.default.copyItem(at: vectors, to: saved)
      let database = try await open(folder)
      let chunks = Array(fixtures[1].chunks[10..<20])
      try await database.embeddings.save(chunks.map { _ in axis(3) }, for: chunks)
      _ = try await database.knowledge.deleteDocument(id: fixtures[0].document.id)
      // As after a copy of the database was put back: the same numbers mean other vectors.
      try await database.write { db in
        let other = SeededGenerator(seed: 1).vectorOfAnyKind
        try db.execute(
          sql: "UPDATE chunk_vector_values SET value = ? WHERE vector = 600",
          arguments: [VectorBytes.data(other)])
        try db.execute(
          sql: "UPDATE chunk_vectors SET fingerprint = ? WHERE sequence = 600",
          arguments: [other.withUnsafeBufferPointer(VectorBytes.fingerprint)])
      }
      try database.close()
      try FileManager.default.removeItem(at: vectors)
      try FileManager.default.moveItem(at: saved, to: vectors)
      try await check(folder)
    }
  }

  @Test("that cannot be written change nothing but the time of a start")
  func unwritable() async throws {
    try await withDatabaseOfVectors { folder, _ async throws in
      let vectors = folder.appendingPathComponent(SQLiteDatabase.vectorFolderName)
      try FileManager.default.removeItem(at: vectors)
      try Data().write(to: vectors)
      try await check(folder)
    }
  }

  @Test("may be deleted while they are used")
  func deletedInUse() async throws {
    try await withDatabaseOfVectors { folder, fixtures async throws in
      let database = try await open(folder)
      try await database.embeddings.loadVectors(model: model.id)
      let before = try await database.embeddings.nearest(axis(0), limit: 50)
      for file in try files(folder) { try FileManager.default.removeItem(at: file) }
      #expect(try await database.embeddings.nearest(axis(0), limit: 50) == before)
      _ = try await database.knowledge.deleteDocument(id: fixtures[3].document.id)
      let after = before.filter { $0.chunk.documentID != fixtures[3].document.id }
      #expect(try await database.embeddings.nearest(axis(0), limit: 50).starts(with: after))
      try database.close()
    }
  }

  @Test("of deleted documents are written anew or go; those of another model go")
  func shrinking() async throws {
    try await withDatabaseOfVectors { folder, fixtures async throws in
      var database = try await open(folder)
      try await database.embeddings.loadVectors(model: model.id)
      for number in [0, 1] {
        _ = try await database.knowledge.deleteDocument(id: fixtures[number].document.id)
      }
      #expect(
        try await database.embeddings.nearest(axis(0), limit: 999).count == Self.capacity + 100)
      #expect(try files(folder).map(\.lastPathComponent) == ["1-513.vectors"])
      try database.close()
      try await check(folder)
      database = try await open(folder)
      try await database.embeddings.add(EmbedderDescriptor(id: "next", dimension: 3))
      try await database.embeddings.serve(model: "next")
      #expect(try files(folder).isEmpty)
      let left = try await database.read {
        try Int.fetchOne($0, sql: "SELECT count(*) FROM chunk_vector_values")
      }
      #expect(left == 0)
      try database.close()
    }
  }
}

extension SeededGenerator {
  fileprivate var vectorOfAnyKind: [Float] {
    var copy = self
    return copy.direction(8)
  }
}
