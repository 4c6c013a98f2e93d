import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("The SQLite database")
struct SQLiteDatabaseTests {
  @Test("keeps everything across restarts")
  func restart() async throws {
    try await withTemporaryFolder { folder in
      let session = makeSession()
      let fixture = makeDocument()
      let first = try await SQLiteDatabase.open(folder: folder)
      try await first.conversations.createSession(session)
      _ = try await first.knowledge.save(fixture)
      try first.close()

      let second = try await SQLiteDatabase.open(folder: folder)
      #expect(try await second.conversations.session(id: session.id) == session)
      #expect(try await second.knowledge.search("stream", limit: 1).map(\.chunk) == fixture.chunks)
      try second.close()
    }
  }

  @Test("makes its folder, which only its owner may enter")
  func folder() async throws {
    try await withTemporaryFolder { folder in
      let inner = folder.appendingPathComponent("a/b", isDirectory: true)
      try (try await SQLiteDatabase.open(folder: inner)).close()
      let attributes = try FileManager.default.attributesOfItem(atPath: inner.path)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test("uses write-ahead logging and foreign keys")
  func pragmas() async throws {
    try await withDatabase { database in
      let (mode, keys) = try await database.read { db in
        (
          try String.fetchOne(db, sql: "PRAGMA journal_mode"),
          try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
        )
      }
      #expect(mode == "wal")
      #expect(keys == 1)
    }
  }

  @Test("is not touched when a newer Rill made it")
  func newerSchema() async throws {
    try await withTemporaryFolder { folder in
      let database = try await SQLiteDatabase.open(folder: folder)
      try await database.write { db in
        try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99 the future')")
      }
      try database.close()
      await expectStoreError(.newerSchema) { _ = try await SQLiteDatabase.open(folder: folder) }
    }
  }

  @Test("says that a file is damaged")
  func damaged() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(SQLiteDatabase.fileName)
      try Data(repeating: 7, count: 8_192).write(to: file)
      await expectStoreError(.unavailable) { _ = try await SQLiteDatabase.open(folder: folder) }
    }
  }

  @Test("says that its folder cannot be made")
  func unwritableFolder() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      await expectStoreError(.unavailable) {
        _ = try await SQLiteDatabase.open(folder: file.appendingPathComponent("data"))
      }
    }
  }

  @Test("says that the disk is full, and works again when there is room")
  func fullDisk() async throws {
    try await withDatabase { database in
      let session = makeSession()
      try await database.conversations.createSession(session)
      try await database.write { try $0.execute(sql: "PRAGMA max_page_count = 40") }
      let question = makeQuestion(String(repeating: "x", count: 1_000_000), in: session)
      await expectStoreError(.failed, saying: "disk is full") {
        try await database.conversations.add([question])
      }
      try await database.write { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
      try await database.conversations.add([question])
      #expect(try await database.conversations.messages(sessionID: session.id).count == 1)
    }
  }

  @Test("says that it is read-only")
  func readOnly() async throws {
    try await withDatabase { database in
      try await database.write { try $0.execute(sql: "PRAGMA query_only = 1") }
      await expectStoreError(.unavailable) { try await database.conversations.createSession(makeSession()) }
    }
  }

  @Test("is available until its file is gone or it is closed")
  func availability() async throws {
    try await withTemporaryFolder { folder in
      let database = try await SQLiteDatabase.open(folder: folder)
      try await database.checkAvailability()
      try FileManager.default.removeItem(at: folder.appendingPathComponent(SQLiteDatabase.fileName))
      await expectStoreError(.unavailable) { try await database.checkAvailability() }
      try database.close()
      await expectStoreError(.unavailable) { try await database.checkAvailability() }
    }
  }

  @Test("lets two processes' worth of connections write to one file")
  func twoWriters() async throws {
    try await withTemporaryFolder { folder in
      let one = try await SQLiteDatabase.open(folder: folder)
      let two = try await SQLiteDatabase.open(folder: folder)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (name, database) in [("one", one), ("two", two)] {
          group.addTask {
            for index in 0..<20 {
              let key = "\(name) \(index)"
              _ = try await database.knowledge.save(makeDocument(key, source: key, hash: key))
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await one.knowledge.documentCount() == 40)
      try one.close()
      try two.close()
    }
  }

  @Test("holds the words of exactly its chunks in the index, whatever was replaced and deleted")
  func indexIntegrity() async throws {
    try await withDatabase { database in
      let store = database.knowledge
      for round in 0..<30 {
        let fixture = makeDocument(
          "Title \(round)", source: "s\(round % 4)", hash: "\(round)", headings: ["H\(round)"],
          texts: ["alpha \(round)", "beta"])
        _ = try await store.save(fixture)
        if round % 5 == 0 { _ = try await store.deleteDocument(id: fixture.document.id) }
      }
      try await database.write { db in
        // Throws when the index and the table differ.
        try db.execute(sql: "INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', 1)")
      }
    }
  }
}

@Suite("Settings")
struct SQLiteSettingsTests {
  @Test("are kept, replaced and removed")
  func settings() async throws {
    try await withDatabase { database in
      let settings = database.everyone.settings
      try await settings.setSetting("key", to: "one")
      try await settings.setSetting("key", to: "two 'quoted'")
      #expect(try await settings.setting("key") == "two 'quoted'")
      #expect(try await settings.setting("other") == nil)
      try await settings.setSetting("key", to: nil)
      #expect(try await settings.setting("key") == nil)
    }
  }
}
