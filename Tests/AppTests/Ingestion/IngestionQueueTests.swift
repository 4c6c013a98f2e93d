import Extraction
import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// Files on their way to be documents: in order, cancelled, replaced, and after a crash.
@Suite(.timeLimit(.minutes(2))) struct IngestionQueueTests {
  /// A PDF whose reading does not end by itself: `pdftotext` is a program that sleeps.
  static func slowTools(in folder: URL) throws -> PDFTools {
    let info = "#!/bin/sh\nprintf 'Pages: 3\\nEncrypted: no\\nPage size: 100 x 100 pts\\n'\n"
    for (name, script) in [("info", info), ("text", "#!/bin/sh\nexec sleep 600\n")] {
      let url = folder.appending(path: name)
      try Data(script.utf8).write(to: url)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    }
    return PDFTools(
      pdfinfo: folder.appending(path: "info").path, pdftotext: folder.appending(path: "text").path)
  }

  private func withSlowRill(
    _ body: @escaping @Sendable (RillTestServer, URL) async throws -> Void
  ) async throws {
    try await withIngestionFolder { folder in
      let tools = try Self.slowTools(in: folder)
      try await withRill(
        folder: folder.appending(path: "data"),
        documents: {
          $0.extractor = TextExtractor(pdfTools: tools)
          $0.readerCount = 2
        },
        { rill in try await body(rill, folder) })
    }
  }

  static let pdf = Array("%PDF-1.4\n1 0 obj\n".utf8)

  /// Uploads a PDF that is read without end, and waits until it is being read.
  private func uploadSlow(_ rill: RillTestServer, _ name: String = "slow.pdf") async throws -> UUID {
    let answer = try await rill.client.upload([(name, Self.pdf + Array(name.utf8))])
    let id = try #require(answer.documents.first?.id)
    try await eventually { try await rill.client.document(id)?.status == "reading" }
    return id
  }

  @Test("Cancelling ends the reading at once, stores nothing, and the file can be tried again")
  func cancel() async throws {
    try await withSlowRill { rill, _ in
      let id = try await uploadSlow(rill)
      let path = "/documents/\(id.wireString)"
      let cancelled = try await rill.client.send("POST", path + "/cancel", body: "")
      #expect(WireDocument(try cancelled.decoded())?.status == "cancelled")
      #expect(try await rill.client.follow(id).map(\.status) == ["cancelled"])
      #expect(try await rill.knowledge.documentCount() == 0)
      let again = try await rill.client.send("POST", path + "/cancel", body: "")
      #expect(again.status == 409)
      let retried = try await rill.client.send("POST", path + "/retry", body: "")
      #expect(WireDocument(try retried.decoded())?.status == "queued")
      try await eventually { try await rill.client.document(id)?.status == "reading" }
      #expect(try await rill.client.send("DELETE", path).status == 204)
      #expect(try await rill.client.documents().isEmpty)
      #expect(try rill.originals().isEmpty)
    }
  }

  @Test("A newer upload of a file that is being read takes its place")
  func supersede() async throws {
    try await withSlowRill { rill, _ in
      let id = try await uploadSlow(rill, "a.txt.pdf")
      let answer = try await rill.client.upload("a.txt.pdf", "no PDF any more")
      #expect(answer.documents.isEmpty || answer.documents.first?.id == id)
      // A PDF by its name and a text by its content is refused, and the one before is left alone.
      #expect(answer.failures == ["a.txt.pdf": "wrong_format"])
      #expect(try await rill.client.document(id)?.status == "reading")
      let newer = try await rill.client.upload([("a.txt.pdf", Self.pdf + [1, 2, 3])])
      #expect(newer.documents.map(\.id) == [id])
      let job = try #require(try await rill.documents.ingestion.job(documentID: id))
      #expect(job.byteCount == Self.pdf.count + 3)
      #expect(try rill.originals() == [job.contentHash])
    }
  }

  @Test("The stream tells what is unfinished, then every change, until the end of the last")
  func events() async throws {
    try await withSlowRill { rill, _ in
      let slow = try await uploadSlow(rill)
      // The store knows of it a moment before those who watch.
      try await eventually("it is told that it is being read") {
        rill.documents.progress.newest(of: slow)?.status == .reading
      }
      let seen = try await rill.client.open("GET", "/documents/events") { stream in
        var seen: [String] = []
        var isWaiting = true
        while let block = try await stream.nextBlock() {
          guard block.hasPrefix("data: "), let event = DocumentEvent(block) else { continue }
          seen.append("\(event.type) \(event.source ?? "")")
          if isWaiting {
            isWaiting = false
            _ = try await rill.client.upload("notes/a.md", "# A\n\nText.")
          }
          if event.type == "ready" {
            _ = try await rill.client.send("DELETE", "/documents/\(slow.wireString)")
          }
          if event.type == "deleted" { return seen }
        }
        return seen
      }
      let changes = seen.filter { !$0.hasPrefix("index") }
      #expect(changes.first == "reading slow.pdf")
      #expect(changes.last == "deleted ")
      let own = changes.filter { $0.hasSuffix("notes/a.md") }
      #expect(own.last == "ready notes/a.md")
      // A state may be skipped by a reader, but none comes back.
      let order = ["queued", "reading", "ready"]
      let places = own.compactMap { state in order.firstIndex { state.hasPrefix($0) } }
      #expect(places == places.sorted())
    }
  }

  @Test("What a crash leaves is read at the next start, once")
  func crash() async throws {
    try await withIngestionFolder { folder in
      let data = folder.appending(path: "data")
      let tools = try Self.slowTools(in: folder)
      let database = try await TestDatabase.sqlite(in: data)
      let id = try await withRill(
        database: database, folder: data,
        documents: {
          $0.extractor = TextExtractor(pdfTools: tools)
          $0.readerCount = 1
        }
      ) { rill in
        // The one reader is held up by a PDF; the others wait behind it.
        _ = try await uploadSlow(rill)
        let first = try await rill.client.upload([
          ("a.md", Array("First text.".utf8)), ("b.md", Array("Second text.".utf8)),
        ])
        #expect(first.documents.count == 2)
        return try #require(first.documents.first?.id)
      }
      // The copy is what a killed process leaves: jobs that were being read, and no word of an end.
      try await CrashImage.take(of: data) { database, copy in
        try FileManager.default.copyItem(
          at: data.appending(path: "originals"), to: copy.appending(path: "originals"))
        try await withRill(database: database, folder: copy) { rill in
          #expect(try await rill.client.follow(id).last?.status == "ready")
          try await eventually("no job is left that has not failed") {
            try await rill.documents.ingestion.jobs(limit: 10).allSatisfy { $0.state == .failed }
          }
          let documents = try await rill.client.documents()
          #expect(
            documents.map { "\($0.source) \($0.status)" }.sorted()
              == ["a.md ready", "b.md ready", "slow.pdf failed"])
          #expect(try await rill.knowledge.search("text", limit: 10).count == 2)
        }
      }
    }
  }

  @Test("A file that ends the process again and again is given up")
  func poison() async throws {
    try await withIngestionFolder { folder in
      let database = try await TestDatabase.fresh()
      let services = KnowledgeServices.forTests(database, folder: folder)
      let original = try await services.originals.copy(
        try folder.file("poison.md", "Poison."), limit: 1_000)
      let id = StableID.document(source: "poison.md")
      try await database.ingestion.enqueue([
        IngestionJob(
          documentID: id, source: "poison.md", mediaType: nil, contentHash: original.contentHash,
          byteCount: original.byteCount, createdAt: .now, updatedAt: .now)
      ])
      for _ in 0..<IngestionQueue.maximumAttempts {
        _ = try await database.ingestion.claimJob(now: .now)
        _ = try await database.ingestion.requeueClaimedJobs()
      }
      try await withRill(database: database, folder: folder) { rill in
        let end = try #require(try await rill.client.follow(id).last)
        #expect(end.status == "failed")
        #expect(end.errorCode == "interrupted")
        // Whoever wants it read all the same may say so.
        _ = try await rill.client.send("POST", "/documents/\(id.wireString)/retry", body: "")
        #expect(try await rill.client.follow(id).last?.status == "ready")
      }
    }
  }
}

/// A frame of `GET /documents/events`.
struct DocumentEvent: Sendable {
  let type: String
  let source: String?
  let status: String?

  init?(_ block: String) {
    let data = Data(block.dropFirst(6).utf8)
    guard let json = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let type = json["type"] as? String, json["timestamp"] is String
    else { return nil }
    self.type = type
    let content = json["content"] as? [String: Any]
    source = content?["source"] as? String
    status = content?["status"] as? String
  }
}

extension RillTestServer {
  /// The hashes of the files that are kept.
  func originals() throws -> [String] {
    let enumerator = FileManager.default.enumerator(
      at: documents.originals.folder, includingPropertiesForKeys: nil)
    return (enumerator?.allObjects as? [URL] ?? []).map(\.lastPathComponent).filter { $0.count == 64 }
      .sorted()
  }
}

extension URL {
  /// Writes a file and tells where it is.
  func file(_ path: String, _ text: String) throws -> URL {
    try write(text, to: path)
    return appending(path: path)
  }
}
