import Extraction
import Foundation
import Graph
import Logging
import Storage
import TestSupport
import Testing

@testable import App

/// A user cannot tell which node has a file, reads it, or ends its reading: two of them share one PostgreSQL.
@Suite("Documents across nodes", .enabled(if: TestPostgres.isGiven), .timeLimit(.minutes(2)))
struct DocumentsAcrossNodesTests {
  /// The first node takes files in and reads none.
  static let secondReads: NodeDocuments = { node, dependencies in
    dependencies.readerCount = node == 0 ? 0 : 2
  }

  /// The second node reads PDFs without end.
  private func withSlowReader(
    _ body: @escaping @Sendable (TestCluster, UUID) async throws -> Void
  ) async throws {
    try await withIngestionFolder { folder in
      let tools = try IngestionQueueTests.slowTools(in: folder)
      try await withRillNodes(
        2,
        documents: { node, dependencies in
          Self.secondReads(node, &dependencies)
          dependencies.extractor = TextExtractor(pdfTools: tools)
        }
      ) { cluster in
        let answer = try await cluster[0].client.upload([("slow.pdf", IngestionQueueTests.pdf)])
        let id = try #require(answer.documents.first?.id)
        try await eventually("the other node reads") {
          try await cluster[0].client.document(id)?.status == "reading"
            && cluster[1].documents.library.readings.count == 1
        }
        try await body(cluster, id)
      }
    }
  }

  @Test("A file that one node takes in is read by another at once, and each shows its end and what is in it")
  func spreading() async throws {
    try await withRillNodes(2, documents: Self.secondReads) { cluster in
      let began = ContinuousClock.now
      let answer = try await cluster[0].client.upload("notes/river.md", "# River\n\nThe river flows.")
      let id = try #require(answer.documents.first?.id)
      #expect(answer.documents.first?.status == "queued")
      #expect(try await cluster[0].client.follow(id).last?.status == "ready")
      // It was told of the file: it does not find it by looking from time to time.
      #expect(ContinuousClock.now - began < IngestionQueue.pollInterval)
      for node in cluster.nodes {
        #expect(try await node.client.documents().map(\.source) == ["notes/river.md"])
        #expect(try await node.client.document(id)?.hasOriginal == true)
        let found = try await node.client.send("GET", "/search?q=flows").decoded()
        #expect((found["passages"] as? [[String: Any]])?.count == 1)
      }
    }
  }

  @Test("A file that only another node has is fetched once, and is what was sent")
  func originals() async throws {
    try await withSlowReader { cluster, slow in
      let text = String((0..<2_500_000).map { Character(UnicodeScalar(UInt8(97 + $0 % 23))) })
      let answer = try await cluster[1].client.upload([
        ("large.pdf", IngestionQueueTests.pdf + Array(text.utf8))
      ])
      let id = try #require(answer.documents.first?.id)
      #expect(try cluster[0].originals().count == 1)
      let path = "/documents/\(id.wireString)/original"
      let bodies = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<4 { group.addTask { try await cluster[0].client.send("GET", path).body } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(bodies.allSatisfy { $0.hasSuffix(text) && $0.utf8.count == text.utf8.count + 17 })
      #expect(try cluster[0].originals().count == 2)
      // Deleting takes it from everyone: at once from the store, in time from the caches.
      #expect(try await cluster[0].client.send("DELETE", "/documents/\(id.wireString)").status == 204)
      #expect(try await cluster[1].client.send("GET", path).status == 404)
      let hash = try #require(try cluster[1].originals().first { try !cluster[0].originals().contains($0) })
      #expect(try await cluster[1].documents.originals.kept(among: [hash]).isEmpty)
      _ = slow
    }
  }

  @Test("The progress of a file, its end and its deletion are seen on a node that does not read it")
  func progress() async throws {
    try await withSlowReader { cluster, id in
      let path = "/documents/\(id.wireString)"
      try await eventually("the pages are counted on the other node") {
        let json = try await cluster[0].client.send("GET", path).decoded()
        return (json["progress"] as? [String: Any])?["total"] as? Int == 3
      }
      let seen = try await cluster[0].client.open("GET", "/documents/events") { stream in
        var seen: [String] = []
        while let block = try await stream.nextBlock() {
          guard block.hasPrefix("data: "), let event = DocumentEvent(block), event.type != "index" else {
            continue
          }
          seen.append(event.type)
          if seen.count == 1 { _ = try await cluster[1].client.upload("a.md", "A text.") }
          if event.type == "ready" { _ = try await cluster[1].client.send("DELETE", path) }
          if event.type == "deleted" { return seen }
        }
        return seen
      }
      #expect(seen.first == "reading" && seen.contains("ready") && seen.last == "deleted")
    }
  }

  @Test(
    "Cancelling on any node ends the reading on another, which stores nothing; then it can be tried again")
  func cancelling() async throws {
    try await withSlowReader { cluster, id in
      let path = "/documents/\(id.wireString)"
      let cancelled = try await cluster[0].client.send("POST", path + "/cancel", body: "")
      #expect(WireDocument(try cancelled.decoded())?.status == "cancelled")
      try await eventually("the reading ends") { cluster[1].documents.library.readings.count == 0 }
      for node in cluster.nodes {
        #expect(try await node.client.follow(id).map(\.status) == ["cancelled"])
        #expect(try await node.client.send("POST", path + "/cancel", body: "").status == 409)
      }
      #expect(try await cluster[0].client.send("POST", path + "/retry", body: "").status == 200)
      try await eventually("it is read again") {
        try await cluster[1].client.document(id)?.status == "reading"
      }
      #expect(try await cluster[0].client.send("DELETE", path).status == 204)
      try await eventually("the reading ends") { cluster[1].documents.library.readings.count == 0 }
      for node in cluster.nodes { #expect(try await node.client.documents().isEmpty) }
    }
  }

  @Test("A newer upload on another node takes the place of a file that is being read")
  func replacing() async throws {
    try await withSlowReader { cluster, id in
      let first = try #require(try await cluster[0].documents.ingestion.job(documentID: id)).contentHash
      let newer = try await cluster[0].client.upload([("slow.pdf", IngestionQueueTests.pdf + [1, 2, 3])])
      #expect(newer.documents.map(\.id) == [id])
      try await eventually("only the newer one is read") {
        let job = try await cluster[1].documents.ingestion.job(documentID: id)
        return job?.state == .reading && job?.contentHash != first
          && cluster[1].documents.library.readings.count == 1
      }
      #expect(try await cluster[1].documents.originals.kept(among: [first]).isEmpty)
    }
  }

  @Test("A reader that has not heard of the cancelling of its file cannot store it")
  func lateReader() async throws {
    try await withRillNodes(1, documents: Self.secondReads) { cluster in
      let answer = try await cluster[0].client.upload("a.md", "A text.")
      let id = try #require(answer.documents.first?.id)
      // A node that hears nothing has read the file, and is about to store it.
      let deaf = try await TestDatabase.postgres(url: cluster.url)
      let job = try #require(try await deaf.ingestion.claimJob(now: .now))
      let services = KnowledgeServices.forTests(deaf, folder: cluster[0].documents.originals.folder)
      let built = try services.queue.builder.build(
        job, file: cluster[0].documents.originals.url(contentHash: job.contentHash))
      let path = "/documents/\(id.wireString)"
      #expect(try await cluster[0].client.send("POST", path + "/cancel", body: "").status == 200)
      let late = try await deaf.knowledge.finishReading(
        built.document, text: built.text, chunks: built.chunks)
      #expect(late == nil)
      #expect(
        try await deaf.ingestion.endReading(
          documentID: id, contentHash: job.contentHash, state: .failed, failure: nil, now: .now) == false)
      #expect(try await cluster[0].client.document(id)?.status == "cancelled")
      #expect(try await cluster[0].knowledge.documentCount() == 0)
      try await deaf.database.close()
    }
  }

  @Test("A file whose reader has died is read by another node")
  func deadReader() async throws {
    try await withRillNodes(2, configure: { $0.cluster.lease = .seconds(1) }, documents: Self.secondReads) {
      cluster in
      // It is being read by a node that nobody has heard of.
      try await withIngestionFolder { folder in
        let originals = OriginalFiles(folder: folder, shared: cluster[0].documents.originals.shared)
        let original = try await originals.copy(try folder.file("a.md", "A text."), limit: 1_000)
        try await originals.share(original)
        let id = StableID.document(source: "a.md")
        try await cluster[0].documents.ingestion.enqueue([
          IngestionJob(
            documentID: id, source: "a.md", mediaType: nil, contentHash: original.contentHash,
            byteCount: original.byteCount, state: .reading, createdAt: .now, updatedAt: .now)
        ])
        #expect(try await cluster[0].client.follow(id).last?.status == "ready")
      }
    }
  }

  @Test("Two nodes take in the same files at the same moment: each is a document once")
  func sameUpload() async throws {
    try await withRillNodes(2) { cluster in
      let files = (0..<8).map { (name: "f\($0).md", content: Array("Text number \($0).".utf8)) }
      async let first = cluster[0].client.upload(files)
      async let second = cluster[1].client.upload(files.reversed())
      #expect(try await [first.status, second.status] == [202, 202])
      try await eventually("all are read") {
        try await cluster[0].documents.ingestion.jobs(limit: 20).isEmpty
      }
      for node in cluster.nodes {
        #expect(try await node.client.documents().map(\.source).sorted() == files.map(\.name))
        #expect(try await node.client.documents().allSatisfy { $0.status == "ready" && $0.hasOriginal })
      }
    }
  }

  @Test("Ten nodes that start at once index Rill's own pages once")
  func samples() async throws {
    try await TestPostgres.withSchema { url in
      try await withIngestionFolder { folder in
        for page in 1...3 { try folder.write("# Page \(page)\n\nText \(page).", to: "knowledge/p\(page).md") }
        let added = try await withThrowingTaskGroup(of: Int.self) { group in
          for node in 0..<10 {
            group.addTask {
              let database = try await TestDatabase.postgres(url: url)
              let summary = try await SampleDocuments(
                publicDirectory: folder,
                services: .forTests(database, folder: folder.appending(path: "node\(node)")),
                settings: database.settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
              ).index()
              try await database.database.close()
              #expect(summary.failed == 0 && summary.updated == 0)
              return summary.added
            }
          }
          return try await group.reduce(0, +)
        }
        #expect(added == 3)
        let database = try await TestDatabase.postgres(url: url)
        #expect(try await database.knowledge.documentCount() == 3)
        try await database.database.close()
      }
    }
  }
}
