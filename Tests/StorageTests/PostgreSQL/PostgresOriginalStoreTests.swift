import Foundation
import Graph
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("Original files in PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresOriginalStoreTests {
  private struct Broken: Error {}

  private static let part = PostgresOriginalStore.partSize
  private static let file = Data(
    (0..<(2 * part + 12_345)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) })

  @Test(
    "come back byte for byte, from any place, however they were cut", arguments: [1 << 20, 700_001, 1 << 22])
  func roundTrip(size: Int) async throws {
    try await withPostgresDatabase { database in
      let store = try #require(database.mine.originals)
      #expect(try await store.originalSize(contentHash: "hash") == nil)
      try await save(Self.file, cutInto: size, in: store)
      #expect(try await store.originalSize(contentHash: "hash") == Self.file.count)
      var read = Data()
      while let bytes = try await store.original(contentHash: "hash", from: read.count), !bytes.isEmpty {
        #expect(bytes.count <= 1 << 20)
        read += bytes
      }
      #expect(read == Self.file)
      for offset in [0, 1, Self.part - 1, Self.part, 2 * Self.part + 12_344] {
        let bytes = try #require(try await store.original(contentHash: "hash", from: offset))
        #expect(!bytes.isEmpty)
        #expect(bytes == Self.file.dropFirst(offset).prefix(bytes.count))
      }
      for offset in [Self.file.count, Self.file.count + 1, 1 << 50] {
        #expect(try await store.original(contentHash: "hash", from: offset) == Data())
      }
      #expect(try await store.original(contentHash: "other", from: 0) == nil)
    }
  }

  @Test("without a byte are files, too")
  func empty() async throws {
    try await withPostgresDatabase { database in
      let store = try #require(database.mine.originals)
      try await save(Data(), cutInto: 1, in: store)
      #expect(try await store.originalSize(contentHash: "hash") == 0)
      #expect(try await store.original(contentHash: "hash", from: 0) == Data())
    }
  }

  @Test("are not there before they are whole, and leave nothing when they never are")
  func incomplete() async throws {
    try await withPostgresDatabase { database in
      let store = try #require(database.mine.originals)
      let parts = PartSequence([Data(count: Self.part)])
      await #expect(throws: Broken.self) {
        try await store.saveOriginal(contentHash: "hash", byteCount: 1 << 22) {
          if let part = parts.next() { return part }
          #expect(try await store.originalSize(contentHash: "hash") == nil)
          #expect(try await store.original(contentHash: "hash", from: 0) == nil)
          #expect(try await database.count("SELECT count(*) FROM original_parts") == 1)
          throw Broken()
        }
      }
      await expectStoreError(.conflict) {
        try await store.saveOriginal(contentHash: "hash", byteCount: 7) { nil }
      }
      #expect(try await database.count("SELECT count(*) FROM originals") == 0)
      #expect(try await database.count("SELECT count(*) FROM original_parts") == 0)
    }
  }

  @Test("left behind by a process that died are removed a day later")
  func leftovers() async throws {
    try await withPostgresDatabase { database in
      let store = try #require(database.mine.originals)
      try await database.execute(
        """
        INSERT INTO originals (owner, content_hash, byte_count, begun_at)
        VALUES ($1, 'old', 1, clock_timestamp() - interval '25 hours'), ($1, 'new', 1, clock_timestamp())
        """, [.text(Owner.me.id)])
      try await save(Data([1]), cutInto: 1, in: store)
      #expect(try await database.count("SELECT count(*) FROM originals WHERE content_hash = 'old'") == 0)
      #expect(try await database.count("SELECT count(*) FROM originals") == 2)
    }
  }

  @Test("that are there are not read again; of many who save one, all are content")
  func repeated() async throws {
    try await withPostgresDatabases(2) { databases in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<6 {
          group.addTask {
            let store = try #require(databases[index % 2].mine.originals)
            try await self.save(Self.file, cutInto: Self.part, in: store)
          }
        }
        try await group.waitForAll()
      }
      #expect(try await databases[0].count("SELECT count(*) FROM originals") == 1)
      #expect(try await databases[0].count("SELECT count(*) FROM original_parts") == 3)
      let store = try #require(databases[0].mine.originals)
      try await store.saveOriginal(contentHash: "hash", byteCount: 1) { throw Broken() }
      #expect(try await store.originalSize(contentHash: "hash") == Self.file.count)
      try await store.deleteOriginal(contentHash: "hash")
      #expect(try await databases[0].count("SELECT count(*) FROM original_parts") == 0)
      try await store.deleteOriginal(contentHash: "hash")
    }
  }

  @Test("are abandoned when no document and no job needs them, and they are old enough")
  func abandoned() async throws {
    try await withPostgresDatabase { database in
      let store = try #require(database.mine.originals)
      for hash in ["document", "job", "nobody"] {
        try await save(Data(hash.utf8), as: hash, cutInto: 9, in: store)
      }
      _ = try await database.mine.knowledge.save(makeDocument(hash: "document"))
      try await database.mine.ingestion.enqueue([makeJob(hash: "job", state: .failed)])
      #expect(try await store.abandonedOriginals(olderThan: .zero) == ["nobody"])
      #expect(try await store.storedOriginals(among: ["document", "nobody", "x"]) == ["document", "nobody"])
      // One that is needed stays, whatever anybody believes.
      for hash in ["document", "job"] {
        try await store.deleteOriginal(contentHash: hash)
        #expect(try await store.originalSize(contentHash: hash) == hash.utf8.count)
      }
      #expect(try await store.abandonedOriginals(olderThan: .seconds(3_600)).isEmpty)
    }
  }

  private func save(
    _ file: Data, as hash: String = "hash", cutInto size: Int, in store: any OriginalStore
  ) async throws {
    let parts = PartSequence(
      stride(from: 0, to: file.count, by: size).map { Data(file.dropFirst($0).prefix(size)) })
    try await store.saveOriginal(contentHash: hash, byteCount: file.count) { parts.next() }
  }
}
