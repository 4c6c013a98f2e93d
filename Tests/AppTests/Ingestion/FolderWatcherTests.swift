import Foundation
import Graph
import Logging
import Storage
import Testing

@testable import App

/// A watched folder, one look after the other; nothing here waits for time.
@Suite struct FolderWatcherTests {
  private struct Bench {
    let folder: URL
    let database: TestDatabase
    let services: KnowledgeServices
    let watcher: FolderWatcher
    var memory: FolderWatcher.Memory

    /// Looks twice, so that everything is seen to be stable, and reads what was taken in.
    mutating func look() async throws -> [String] {
      let found = try #require(FolderScan.contents(of: folder)).files
      try await watcher.update(&memory, with: found, stable: found)
      return try await jobs()
    }

    /// Reads what waits, as the queue would.
    func jobs() async throws -> [String] {
      var read: [String] = []
      while let job = try await database.ingestion.claimJob(now: .now) {
        let file = services.originals.url(contentHash: job.contentHash)
        let result = try services.queue.builder.build(job, file: file)
        _ = try await database.knowledge.save(result.document, text: result.text, chunks: result.chunks)
        read.append(job.source)
      }
      return read.sorted()
    }

    func sources() async throws -> [String] {
      try await database.knowledge.documents().map(\.source).sorted()
    }
  }

  private func withBench(_ body: (inout Bench) async throws -> Void) async throws {
    try await withIngestionFolder { base in
      let folder = base.appending(path: "notes")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let database = try await TestDatabase.fresh()
      let services = KnowledgeServices.forTests(database, folder: base.appending(path: "data"))
      let watcher = FolderWatcher(
        folder: folder, knowledge: database.knowledge, settings: database.settings, intake: services.intake,
        library: services.library, time: .system,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      var bench = Bench(
        folder: folder, database: database, services: services, watcher: watcher,
        memory: .init(folder: folder.path))
      try await body(&bench)
    }
  }

  @Test("New, changed and deleted files follow; hidden ones, other kinds and links do not")
  func follows() async throws {
    try await withBench { bench in
      for path in ["a.md", "deep/er/b.txt", ".hidden.md", ".git/c.md", "photo.jpg"] {
        try bench.folder.write("Text of \(path).", to: path)
      }
      try FileManager.default.createSymbolicLink(
        atPath: bench.folder.path + "/link.md", withDestinationPath: "/etc/hostname")
      try FileManager.default.createSymbolicLink(
        atPath: bench.folder.path + "/up", withDestinationPath: "..")
      #expect(try await bench.look() == ["notes/a.md", "notes/deep/er/b.txt"])
      #expect(try await bench.look() == [])
      try bench.folder.write("Other text.", to: "a.md")
      #expect(try await bench.look() == ["notes/a.md"])
      try FileManager.default.removeItem(at: bench.folder.appending(path: "deep"))
      #expect(try await bench.look() == [])
      #expect(try await bench.sources() == ["notes/a.md"])
    }
  }

  @Test("A file that is still being written is left alone until it stays as it is")
  func settles() async throws {
    try await withBench { bench in
      try bench.folder.write("Begi", to: "a.md")
      let found = try #require(FolderScan.contents(of: bench.folder)).files
      try await bench.watcher.update(&bench.memory, with: found, stable: [:])
      #expect(try await bench.jobs() == [])
      try bench.folder.write("Beginning and end.", to: "a.md")
      #expect(try await bench.look() == ["notes/a.md"])
    }
  }

  @Test("A restart reads nothing again, and sees what has changed meanwhile")
  func restart() async throws {
    try await withBench { bench in
      try bench.folder.write("One.", to: "a.md")
      try bench.folder.write("Two.", to: "b.md")
      _ = try await bench.look()
      let stored = try #require(try await bench.database.settings.setting(FolderWatcher.settingKey))
      bench.memory = try JSONDecoder().decode(FolderWatcher.Memory.self, from: Data(stored.utf8))
      #expect(try await bench.look() == [])
      try FileManager.default.removeItem(at: bench.folder.appending(path: "b.md"))
      try bench.folder.write("Three.", to: "c.md")
      #expect(try await bench.look() == ["notes/c.md"])
      #expect(try await bench.sources() == ["notes/a.md", "notes/c.md"])
    }
  }

  @Test("A document that the user has deleted stays deleted until its file changes")
  func deletedByHand() async throws {
    try await withBench { bench in
      try bench.folder.write("One.", to: "a.md")
      _ = try await bench.look()
      let document = try #require(try await bench.database.knowledge.document(source: "notes/a.md"))
      try await bench.services.library.delete(id: document.id)
      #expect(try await bench.look() == [])
      // Saved again as it was.
      try bench.folder.write("One.", to: "a.md")
      #expect(try await bench.look() == [])
      try bench.folder.write("One and more.", to: "a.md")
      #expect(try await bench.look() == ["notes/a.md"])
    }
  }

  @Test("Two files with one content are one document, which stays until both are gone")
  func twins() async throws {
    try await withBench { bench in
      try bench.folder.write("Same.", to: "a.md")
      try bench.folder.write("Same.", to: "b.md")
      _ = try await bench.look()
      #expect(try await bench.sources() == ["notes/a.md"])
      try FileManager.default.removeItem(at: bench.folder.appending(path: "a.md"))
      #expect(try await bench.look() == ["notes/b.md"])
      #expect(try await bench.sources() == ["notes/b.md"])
      try FileManager.default.removeItem(at: bench.folder.appending(path: "b.md"))
      _ = try await bench.look()
      #expect(try await bench.sources() == [])
    }
  }

  @Test("A folder that is not there deletes nothing")
  func missing() async throws {
    try await withBench { bench in
      #expect(FolderScan.contents(of: bench.folder.appending(path: "nowhere")) == nil)
    }
  }
}
