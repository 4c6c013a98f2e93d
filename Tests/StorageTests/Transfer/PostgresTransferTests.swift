import Foundation
import Graph
import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("A copy to PostgreSQL and back", .enabled(if: TestPostgres.isGiven))
struct PostgresTransferTests {
  @Test("holds the same rows and files", arguments: UInt64(1)...2)
  func thereAndBack(seed: UInt64) async throws {
    try await withFullFolder(seed: seed) { folder async throws in
      let rows = try await SQLiteTransferSource(folder: folder).allRows()
      try await withPostgresDatabase { database async throws in
        let there = try await copy(
          SQLiteTransferSource(folder: folder), to: PostgresTransferTarget(database: database))
        #expect(there.warnings.isEmpty)
        #expect(try await PostgresTransferSource(database: database).allRows() == rows)
        try await expectWorks(database)
        try await withTemporaryFolder { other async throws in
          let back = try await copy(
            PostgresTransferSource(database: database), to: SQLiteTransferTarget(folder: other))
          #expect(back.tables.map(\.rows) == there.tables.map(\.rows))
          #expect(back.tables.map(\.digest) == there.tables.map(\.digest))
          #expect(try await SQLiteTransferSource(folder: other).allRows() == rows)
        }
      }
    }
  }

  @Test("begins with PostgreSQL as well")
  func fromPostgres() async throws {
    try await withPostgresDatabase { database async throws in
      try await DatabaseFilling.fill(database, seed: 7) { owner, content in
        let parts = PartSequence([content])
        let originals = try #require(database.stores(of: owner).originals)
        try await originals.saveOriginal(
          contentHash: TestHasher.hash(content), byteCount: content.count
        ) { parts.next() }
      }
      let rows = try await PostgresTransferSource(database: database).allRows()
      #expect(rows.values.allSatisfy { !$0.isEmpty })
      try await withTemporaryFolder { folder async throws in
        _ = try await copy(
          PostgresTransferSource(database: database), to: SQLiteTransferTarget(folder: folder))
        #expect(try await SQLiteTransferSource(folder: folder).allRows() == rows)
      }
    }
  }

  private func expectWorks(_ database: PostgresDatabase) async throws {
    for owner in DatabaseFilling.owners {
      let stores = database.stores(of: owner)
      #expect(try await stores.knowledge.documentCount() == 8)
      #expect(try await stores.knowledge.search("otter", limit: 9).count == 9)
      for model in DatabaseFilling.models {
        let vector = unit((0..<model.dimension).map { Float($0 + 1) })
        #expect(try await stores.embeddings.nearest(vector, model: model.id, limit: 9).count == 9)
        // Of five chunks one has no vector, of sixty every fourth.
        #expect(try await stores.embeddings.chunksToEmbed(model: model.id, limit: 999).count == 36)
      }
      let run = try await RunStores(
        runs: stores.runs, conversations: stores.conversations, checkpointer: stores.checkpointer
      ).beginRun()
      let done = try await stores.runs.apply([.end(run.ending(1...1))])
      #expect(done.allSatisfy { $0 == nil })
      #expect(try await stores.conversations.deleteSession(id: run.session.id))
    }
  }

  @Test("is refused when something is there, or a node is alive")
  func refused() async throws {
    try await withFullFolder { folder async throws in
      try await withPostgresDatabase { database async throws in
        let source = SQLiteTransferSource(folder: folder)
        let target = PostgresTransferTarget(database: database)
        let cluster = try #require(database.cluster)
        try await cluster.renewLease(for: .seconds(60))
        await expectStoreError(.conflict, saying: "running") { _ = try await copy(source, to: target) }
        try await cluster.leave()
        let session = makeSession()
        try await database.mine.conversations.createSession(session)
        await expectStoreError(.conflict, saying: "empty database") { _ = try await copy(source, to: target) }
        #expect(try await database.mine.conversations.sessions(limit: 9, cursor: nil).sessions == [session])
        #expect(try await database.count("SELECT count(*) FROM documents") == 0)
        let run = try await database.runStores.beginRun()
        try await withTemporaryFolder { other async throws in
          await expectStoreError(.conflict, saying: "has not ended") {
            _ = try await copy(
              PostgresTransferSource(database: database), to: SQLiteTransferTarget(folder: other))
          }
        }
        #expect(try await database.mine.runs.run(id: run.id)?.status == .running)
      }
    }
  }

  @Test("is noticed to differ, and thrown away")
  func corrupted() async throws {
    try await withFullFolder { folder async throws in
      try await withPostgresDatabase { database async throws in
        for table in TransferTable.allCases where table != .originals {
          let target = TamperingTarget(base: PostgresTransferTarget(database: database)) { name, rows in
            if name == table { rows[0].damage() }
          }
          await expectStoreError(.failed, saying: table.rawValue) {
            _ = try await copy(SQLiteTransferSource(folder: folder), to: target)
          }
          try await expectEmpty(database)
        }
      }
    }
  }

  @Test("that is cut off leaves nothing, and can be made again")
  func cut() async throws {
    try await withFullFolder { folder async throws in
      try await withPostgresDatabase { database async throws in
        let source = SQLiteTransferSource(folder: folder)
        // The server ends the connection, as when its process dies.
        let target = CuttingTarget(database: database, name: "copy \(UUID().uuidString)")
        await #expect(throws: StoreError.self) { _ = try await copy(source, to: target) }
        try await expectEmpty(database)
        _ = try await copy(source, to: PostgresTransferTarget(database: database))
        #expect(try await PostgresTransferSource(database: database).allRows() == source.allRows())
      }
    }
  }

  @Test("leaves vectors out where pgvector is missing, and lets them be made again")
  func withoutVectors() async throws {
    try await withFullFolder { folder async throws in
      try await withPostgresDatabase { database async throws in
        let found = database.knowledge.vectors
        database.knowledge.vectors = .unavailable(reason: "There is no pgvector.")
        let source = SQLiteTransferSource(folder: folder)
        let report = try await copy(source, to: PostgresTransferTarget(database: database))
        #expect(report.warnings.count == 1)
        #expect(report.warnings.first?.contains("made again") == true)
        let rows = try await source.allRows()
        let vectors = try #require(report.tables.first { $0.name == TransferTable.vectors.rawValue })
        #expect(vectors.rows == 0)
        #expect(vectors.leftOut == rows[.vectors]?.count)
        database.knowledge.vectors = found
        let stores = database.stores(of: .everyone)
        for model in DatabaseFilling.models {
          let waiting = try await stores.embeddings.chunksToEmbed(model: model.id, limit: 999)
          #expect(waiting.count == 150)
        }
        #expect(try await stores.embeddings.embeddingModels().map(\.embeddedCount) == [0, 0])
      }
    }
  }

  @Test("is asked for by addresses, of which nothing secret is shown")
  func addresses() async throws {
    let address = try DatabaseAddress("postgres://me:hunter2@db.example:6432/rill?sslmode=require")
    #expect("\(address)" == "postgres://me@db.example:6432/rill")
    #expect("\(try DatabaseAddress("sqlite:/srv/rill/rill.sqlite"))" == "sqlite:/srv/rill")
    #expect("\(try DatabaseAddress("sqlite:///srv/rill"))" == "sqlite:/srv/rill")
    for wrong in ["sqlite:", "mysql://me:hunter2@db", "/srv/rill", "postgres://me:hunter2@db:x/%zz"] {
      await expectStoreError(.unavailable) { _ = try DatabaseAddress(wrong) }
    }
    try await withFullFolder { folder async throws in
      try await withPostgres { fixture async throws in
        let report = try await DatabaseAddress("sqlite:\(folder.path)").copy(
          to: try DatabaseAddress(fixture.url), logger: Logger(label: "test"), makeHasher: { TestHasher() },
          progress: { _ in })
        #expect(report.tables.allSatisfy { $0.rows > 0 })
      }
    }
  }

  @discardableResult
  private func copy(
    _ source: any TransferSource, to target: any TransferTarget
  ) async throws -> CopyReport {
    try await DatabaseCopy(from: source, to: target).run()
  }

  private func expectEmpty(_ database: PostgresDatabase) async throws {
    for table in [
      "sessions", "messages", "runs", "run_events", "checkpoints", "settings", "documents", "chunks",
      "chunk_vectors", "embedding_models", "embedding_queue", "ingestion_jobs", "originals",
    ] {
      #expect(try await database.count("SELECT count(*) FROM \(table)") == 0, "\(table)")
    }
  }
}

/// Writes most of a copy, and has the server end the connection then.
private struct CuttingTarget: TransferTarget {
  let database: PostgresDatabase
  /// Tells the connection from others.
  let name: String

  func fill<Value: Sendable>(
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value {
    try await PostgresTransferTarget(database: database).fill { store in
      guard let store = store as? PostgresTransferStore else {
        throw StoreError(.failed, "This is no store of PostgreSQL.")
      }
      _ = try await store.connection.query("SELECT set_config('application_name', $1, true)", [.text(name)])
      return try await body(Writer(base: store, cut: cut))
    }
  }

  private func cut() async throws {
    _ = try await database.journal.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [.text(name)])
  }

  private struct Writer: TransferReader, TransferWriter {
    let base: PostgresTransferStore
    let cut: @Sendable () async throws -> Void

    func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
      try await base.page(of: table, after: position)
    }
    func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
      try await base.part(of: original, from: offset)
    }
    func obstacle(to table: TransferTable) -> String? { base.obstacle(to: table) }
    func write(_ rows: [TransferRow], to table: TransferTable) async throws {
      if table == .vectors { try await cut() }
      try await base.write(rows, to: table)
    }
    func writeOriginal(_ original: TransferOriginal, nextPart: () async throws -> Data?) async throws {
      try await base.writeOriginal(original, nextPart: nextPart)
    }
    func finish() async throws { try await base.finish() }
  }
}
