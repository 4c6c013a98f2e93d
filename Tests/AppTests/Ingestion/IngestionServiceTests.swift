import Foundation
import Graph
import Storage
import Testing

@testable import App

@Suite("Ingestion")
struct IngestionServiceTests {
  private func withService(
    _ body: (URL, IngestionService, any KnowledgeStore) async throws -> Void
  ) async throws {
    try await withIngestionFolder { folder in
      let database = try await TestDatabase.fresh()
      let date = Date(timeIntervalSince1970: 1_760_000_000)
      let services = KnowledgeServices.forTests(database, folder: folder.appending(path: "data")) {
        $0.time = RunTime(clock: ContinuousClock(), date: { date })
        $0.uploadLimit = 1_000_000
      }
      try await body(folder, IngestionService(services: services), database.knowledge)
    }
  }

  @Test("stores a Markdown file with its title, hash and chunks, ready to be found")
  func markdown() async throws {
    try await withService { folder, service, store in
      try folder.write("# River notes\n\n## Rill\n\nA rill is a small stream.\n", to: "notes/river.md")
      #expect(try await service.ingest(paths: [folder.path + "/notes"]).description == "1 added")
      let document = try #require(try await store.documents().first)
      #expect(document.title == "River notes")
      #expect(document.source == "notes/river.md")
      #expect(document.mediaType == "text/markdown")
      #expect(document.byteCount == 50)
      #expect(document.createdAt == Date(timeIntervalSince1970: 1_760_000_000))
      // Computed with sha256sum.
      #expect(document.contentHash == "ae5ca67ed45d4529636f1cd15d7f353eb4d4497bc77b9adea34fcc70dd0ee15e")
      let passage = try #require(try await store.search("small streams", limit: 1).first)
      #expect(passage.chunk.headings == ["Rill"])
    }
  }

  @Test("takes plain text as it is, with the file's name for a title")
  func plainText() async throws {
    try await withService { folder, service, store in
      try folder.write("# not a heading\n\n- text\n", to: "n/plain.txt")
      _ = try await service.ingest(paths: [folder.path + "/n"])
      let document = try #require(try await store.documents().first)
      #expect(document.title == "plain.txt")
      #expect(document.mediaType == "text/plain")
    }
  }

  @Test("is idempotent, and replaces a file that has changed")
  func idempotent() async throws {
    try await withService { folder, service, store in
      try folder.write("one", to: "n/a.md")
      try folder.write("two", to: "n/b.md")
      let path = folder.path + "/n"
      #expect(try await service.ingest(paths: [path]).description == "2 added")
      #expect(try await service.ingest(paths: [path]).description == "2 unchanged")
      try folder.write("other", to: "n/b.md")
      #expect(try await service.ingest(paths: [path]).description == "1 updated, 1 unchanged")
      #expect(try await store.documentCount() == 2)
      #expect(try await store.search("two", limit: 5).isEmpty)
    }
  }

  @Test("says of each bad file what is wrong, and goes on with the rest")
  func badFiles() async throws {
    try await withService { folder, service, store in
      try folder.write(Data([0x50, 0x4B, 0, 0, 1]), to: "n/a-binary.md")
      try folder.write(Data([0x41, 0xE9, 0x20]), to: "n/b-latin1.txt")
      try folder.write(Data(repeating: 0x41, count: 1_000_001), to: "n/c-large.txt")
      try folder.write("\u{FEFF} \r\n", to: "n/d-blank.md")
      try folder.write("Good text.", to: "n/e-good.md")
      var outcomes: [IngestionOutcome] = []
      let summary = try await service.ingest(paths: [folder.path + "/n", folder.path + "/nowhere"]) { event in
        if case .finished(_, let outcome, _) = event { outcomes.append(outcome) }
      }
      let reasons = outcomes.map { outcome in
        switch outcome {
        case .failed(let reason): "failed: \(reason)"
        case .skipped(let reason): "skipped: \(reason)"
        default: "\(outcome)"
        }
      }
      #expect(reasons.count == 6)
      #expect(
        reasons.map { $0.prefix { $0 != ":" } } == [
          "failed", "failed", "failed", "skipped", "added", "failed",
        ])
      #expect(reasons[2].contains("is larger than 1 MB"))
      #expect(reasons[5] == "failed: It does not exist.")
      #expect(summary.description == "1 added, 1 skipped, 4 failed")
      #expect(summary.exitCode == 1)
      #expect(try await store.documents().map(\.source) == ["n/e-good.md"])
    }
  }

  @Test("reports every step in order")
  func events() async throws {
    try await withService { folder, service, _ in
      try folder.write("one", to: "n/a.md")
      try folder.write("two", to: "n/b.md")
      var events: [IngestionEvent] = []
      _ = try await service.ingest(paths: [folder.path + "/n"]) { events.append($0) }
      #expect(
        events == [
          .found(files: 2), .started(source: "n/a.md"),
          .finished(source: "n/a.md", outcome: .added, completed: 1), .started(source: "n/b.md"),
          .finished(source: "n/b.md", outcome: .added, completed: 2),
        ])
    }
  }

  @Test("stops when the store fails")
  func failingStore() async throws {
    try await withIngestionFolder { folder in
      try folder.write("one", to: "n/a.md")
      await #expect(throws: StoreError.self) {
        let services = KnowledgeServices.forTests(try await .fresh(), folder: folder.appending(path: "data"))
        {
          $0.stores.knowledge = FailingKnowledgeStore()
        }
        _ = try await IngestionService(services: services).ingest(paths: [folder.path + "/n"])
      }
    }
  }

  @Test("stores the text that the places of its chunks count in, also of a file with Windows line ends")
  func windows() async throws {
    try await withService { folder, service, store in
      let text = "\u{FEFF}# T\r\n\r\nOne.\r\n\r\n## S\r\n\r\nTwo.\r\n"
      try folder.write(text, to: "n/w.md")
      _ = try await service.ingest(paths: [folder.path + "/n"])
      let document = try #require(try await store.documents().first)
      #expect(document.title == "T")
      let bytes = Array(try #require(try await store.text(documentID: document.id)).text.utf8)
      for chunk in try await store.chunks(documentID: document.id) {
        #expect(Array(chunk.text.utf8) == Array(bytes[chunk.byteRange]))
      }
    }
  }
}
