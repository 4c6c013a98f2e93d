import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("A copy of a data folder")
struct SQLiteTransferTests {
  @Test("holds the same rows and files, and works", arguments: UInt64(1)...2)
  func identical(seed: UInt64) async throws {
    try await withFullFolder(seed: seed) { folder async throws in
      try await withTemporaryFolder { other async throws in
        let report = try await DatabaseCopy(
          from: SQLiteTransferSource(folder: folder), to: SQLiteTransferTarget(folder: other)
        ).run()
        #expect(report.warnings.isEmpty)
        #expect(report.tables.allSatisfy { $0.rows > 0 && $0.bytes > 0 && $0.leftOut == 0 })
        let rows = try await SQLiteTransferSource(folder: folder).allRows()
        #expect(try await SQLiteTransferSource(folder: other).allRows() == rows)
        for table in report.tables {
          #expect(table.rows == rows[try #require(.init(rawValue: table.name))]?.count)
        }
        try await expectSameAnswers(folder, other)
      }
    }
  }

  private func expectSameAnswers(_ folder: URL, _ other: URL) async throws {
    let (first, second) = (
      try await SQLiteDatabase.open(folder: folder), try await SQLiteDatabase.open(folder: other)
    )
    for owner in DatabaseFilling.owners {
      let (one, two) = (first.stores(of: owner), second.stores(of: owner))
      #expect(try await one.knowledge.documents() == two.knowledge.documents())
      #expect(
        try await one.knowledge.search("otter", limit: 900) == two.knowledge.search("otter", limit: 900))
      #expect(try await one.embeddings.embeddingModels() == two.embeddings.embeddingModels())
      for model in DatabaseFilling.models {
        let vector = unit((0..<model.dimension).map { Float($0 + 1) })
        let found = try await one.embeddings.nearest(vector, model: model.id, limit: 30)
        #expect(try await two.embeddings.nearest(vector, model: model.id, limit: 30) == found)
        #expect(
          try await one.embeddings.chunksToEmbed(model: model.id, limit: .max)
            == two.embeddings.chunksToEmbed(model: model.id, limit: .max))
      }
      #expect(try await two.ingestion.jobs(limit: 99).allSatisfy { $0.state != .reading })
      _ = try await RunStores(
        runs: two.runs, conversations: two.conversations, checkpointer: two.checkpointer
      ).beginRun()
    }
    try await second.write {
      try $0.execute(sql: "INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', 1)")
      try $0.checkForeignKeys()
    }
    try first.close()
    try second.close()
  }

  @Test("is refused, and nothing touched, when something is at the target")
  func notEmpty() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        let database = try await SQLiteDatabase.open(folder: other)
        try await database.conversations.createSession(makeSession())
        try database.close()
        let before = try await SQLiteTransferSource(folder: other).allRows()
        await expectStoreError(.conflict, saying: "empty database") {
          try await copy(folder, to: SQLiteTransferTarget(folder: other))
        }
        #expect(try await SQLiteTransferSource(folder: other).allRows() == before)
        #expect(try names(in: other).allSatisfy { $0.hasPrefix("rill.") })
      }
    }
  }

  @Test("replaces a database in which there is nothing yet")
  func emptyDatabase() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        let database = try await SQLiteDatabase.open(folder: other)
        try await database.everyone.settings.setSetting("key", to: "old")
        try database.close()
        try await copy(folder, to: SQLiteTransferTarget(folder: other))
        #expect(
          try await SQLiteTransferSource(folder: other).allRows()
            == SQLiteTransferSource(folder: folder).allRows())
      }
    }
  }

  @Test("is noticed to differ, and thrown away")
  func corrupted() async throws {
    try await withFullFolder { folder async throws in
      for table in TransferTable.allCases where table != .originals {
        try await withTemporaryFolder { other async throws in
          let target = TamperingTarget(base: SQLiteTransferTarget(folder: other)) { name, rows in
            if name == table { rows[0].damage() }
          }
          await expectStoreError(.failed, saying: table.rawValue) { try await copy(folder, to: target) }
          #expect(try isEmpty(other))
        }
      }
    }
  }

  @Test("is noticed to lack rows, and thrown away")
  func missing() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        let target = TamperingTarget(base: SQLiteTransferTarget(folder: other)) { name, rows in
          if name == .runEvents { rows.removeLast() }
        }
        await expectStoreError(.failed, saying: "of 60 run events, 59") { try await copy(folder, to: target) }
        #expect(try isEmpty(other))
      }
    }
  }

  @Test("that was cut off is no database, and can be made again")
  func cut() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        // What a process leaves that was killed in the middle.
        for suffix in ["", "-journal"] {
          let file = other.appendingPathComponent(SQLiteTransferTarget.unfinishedName + suffix)
          try Data(repeating: 7, count: 10_000).write(to: file)
        }
        struct Cut: Error {}
        let target = TamperingTarget(base: SQLiteTransferTarget(folder: other)) { name, _ in
          if name == .vectors { throw Cut() }
        }
        await #expect(throws: StoreError.self) { try await copy(folder, to: target) }
        #expect(try isEmpty(other))
        try await copy(folder, to: SQLiteTransferTarget(folder: other))
        #expect(
          try await SQLiteTransferSource(folder: other).allRows()
            == SQLiteTransferSource(folder: folder).allRows())
      }
    }
  }

  @Test("is refused while a Rill serves from one of the folders, or an answer has not ended")
  func busy() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        for served in [folder, other] {
          try await DataFolderLock.withLock(of: served) {
            await expectStoreError(.unavailable, saying: "Another Rill") {
              try await copy(folder, to: SQLiteTransferTarget(folder: other))
            }
          }
        }
        let database = try await SQLiteDatabase.open(folder: folder)
        _ = try await database.runStores.beginRun()
        try database.close()
        await expectStoreError(.conflict, saying: "has not ended") {
          try await copy(folder, to: SQLiteTransferTarget(folder: other))
        }
        #expect(try isEmpty(other))
      }
    }
  }

  @Test("is refused when an original file is not what its name says")
  func damagedOriginal() async throws {
    try await withFullFolder { folder async throws in
      try await withTemporaryFolder { other async throws in
        let hash = TestHasher.hash(Data("waiting 0".utf8))
        let file = folder.appendingPathComponent("originals/\(hash.prefix(2))/\(hash)")
        try Data("waiting 1".utf8).write(to: file)
        await expectStoreError(.failed, saying: "damaged") {
          try await copy(folder, to: SQLiteTransferTarget(folder: other))
        }
        #expect(try isEmpty(other))
      }
    }
  }

  @Test("needs a database")
  func nothing() async throws {
    try await withTemporaryFolder { folder async throws in
      await expectStoreError(.notFound) {
        try await copy(folder, to: SQLiteTransferTarget(folder: folder))
      }
      #expect(try names(in: folder).isEmpty)
    }
  }

  private func copy(_ folder: URL, to target: any TransferTarget) async throws {
    _ = try await DatabaseCopy(from: SQLiteTransferSource(folder: folder), to: target).run()
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// No database and no file is there.
  private func isEmpty(_ folder: URL) throws -> Bool {
    let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    let files = (all?.allObjects as? [URL] ?? []).filter { !$0.hasDirectoryPath }
    return files.allSatisfy { $0.lastPathComponent == DataFolderLock.fileName }
  }
}
