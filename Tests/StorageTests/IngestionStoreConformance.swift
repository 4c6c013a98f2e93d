import Foundation
import Graph
import Testing

/// The stores that a document passes through; one database behind them.
struct KnowledgeStores: Sendable {
  var knowledge: any KnowledgeStore
  var ingestion: any IngestionStore
  var embeddings: any EmbeddingStore
}

func makeJob(
  _ id: UUID = UUID(), source: String = "rivers.md", hash: String = "hash",
  state: IngestionJob.State = .queued, at seconds: Double = 0
) -> IngestionJob {
  IngestionJob(
    documentID: id, source: source, mediaType: "text/markdown", contentHash: hash, byteCount: 7,
    state: state, createdAt: time(seconds), updatedAt: time(seconds))
}

/// What every ``IngestionStore`` does.
enum IngestionStoreConformance {
  typealias Case = ConformanceCase<KnowledgeStores>

  static let cases: [Case] = queue + changes + documents

  private static let queue: [Case] = [
    Case("gives back a job as it was stored") { stores in
      var full = makeJob(source: "ä/ü.pdf", hash: "a", state: .failed)
      full.failure = IngestionJob.Failure(code: "encrypted", message: "It is \"locked\".")
      full.attempts = 3
      var bare = makeJob(source: "b", hash: "b", at: 1)
      bare.mediaType = nil
      try await stores.ingestion.enqueue([full, bare])
      #expect(try await stores.ingestion.job(documentID: full.id) == full)
      #expect(try await stores.ingestion.job(source: "ä/ü.pdf") == full)
      #expect(try await stores.ingestion.jobs(limit: 9) == [bare, full])
      #expect(try await stores.ingestion.jobs(limit: 1) == [bare])
      #expect(try await stores.ingestion.job(documentID: UUID()) == nil)
      #expect(try await stores.ingestion.job(source: "c") == nil)
    },
    Case("claims the oldest queued job first, each once, and counts the attempt") { stores in
      let (second, first) = (makeJob(source: "2", hash: "2", at: 2), makeJob(source: "1", hash: "1", at: 1))
      try await stores.ingestion.enqueue([second, makeJob(source: "x", hash: "x", state: .failed), first])
      var claimed = first
      claimed.state = .reading
      claimed.attempts = 1
      claimed.updatedAt = time(50)
      #expect(try await stores.ingestion.claimJob(now: time(50)) == claimed)
      #expect(try await stores.ingestion.job(documentID: first.id) == claimed)
      #expect(try await stores.ingestion.claimJob(now: time(51))?.id == second.id)
      #expect(try await stores.ingestion.claimJob(now: time(52)) == nil)
    },
    Case("claims jobs of the same moment in the order in which they came") { stores in
      let jobs = (0..<5).map { makeJob(source: "\($0)", hash: "\($0)") }
      try await stores.ingestion.enqueue(jobs)
      for job in jobs { #expect(try await stores.ingestion.claimJob(now: time(9))?.id == job.id) }
    },
    Case("gives no job to two of many who ask at once") { stores in
      try await stores.ingestion.enqueue((0..<20).map { makeJob(source: "\($0)", hash: "\($0)") })
      let claimed = try await withThrowingTaskGroup(of: UUID?.self) { group in
        for _ in 0..<30 { group.addTask { try await stores.ingestion.claimJob(now: time(1))?.id } }
        return try await group.reduce(into: [UUID]()) { $0 += [$1].compactMap { $0 } }
      }
      #expect(claimed.count == 20)
      #expect(Set(claimed).count == 20)
    },
    Case("queues the jobs of gone readers again, with their attempts") { stores in
      try await stores.ingestion.enqueue([
        makeJob(source: "a", hash: "a"), makeJob(source: "b", hash: "b", state: .cancelled),
      ])
      let id = try #require(try await stores.ingestion.claimJob(now: time(1))).id
      #expect(try await stores.ingestion.requeueClaimedJobs() == 1)
      #expect(try await stores.ingestion.job(documentID: id)?.state == .queued)
      #expect(try await stores.ingestion.claimJob(now: time(2))?.attempts == 2)
      #expect(try await stores.ingestion.jobs(limit: 9).map(\.state) == [.cancelled, .reading])
    },
    Case("replaces a job of the same document") { stores in
      let old = makeJob(hash: "old")
      try await stores.ingestion.enqueue([old, makeJob(source: "other", hash: "other", at: 1)])
      _ = try await stores.ingestion.claimJob(now: time(2))
      let new = makeJob(old.id, hash: "new", at: 3)
      try await stores.ingestion.enqueue([new])
      #expect(try await stores.ingestion.job(documentID: old.id) == new)
      #expect(try await stores.ingestion.jobs(limit: 9).count == 2)
    },
  ]

  private static let changes: [Case] = [
    Case("changes a job's state and says why it failed") { stores in
      let job = makeJob()
      try await stores.ingestion.enqueue([job])
      _ = try await stores.ingestion.claimJob(now: time(1))
      let failure = IngestionJob.Failure(code: "damaged", message: "The file is damaged.")
      #expect(
        try await stores.ingestion.updateJob(
          documentID: job.id, contentHash: "hash", state: .failed, failure: failure, now: time(5)))
      var expected = job
      expected.state = .failed
      expected.failure = failure
      expected.attempts = 1
      expected.updatedAt = time(5)
      #expect(try await stores.ingestion.job(documentID: job.id) == expected)
      #expect(
        try await stores.ingestion.updateJob(
          documentID: job.id, contentHash: "hash", state: .queued, failure: nil, now: time(6)))
      expected = job
      expected.updatedAt = time(6)
      #expect(try await stores.ingestion.job(documentID: job.id) == expected)
    },
    Case("leaves a job alone that another upload has replaced") { stores in
      let job = makeJob(hash: "new")
      try await stores.ingestion.enqueue([job])
      #expect(
        try await stores.ingestion.updateJob(
          documentID: job.id, contentHash: "old", state: .failed, failure: nil, now: time(5)) == false)
      #expect(try await stores.ingestion.job(documentID: job.id) == job)
      #expect(
        try await stores.ingestion.updateJob(
          documentID: UUID(), contentHash: "new", state: .failed, failure: nil, now: time(5)) == false)
    },
    Case("lets a reader end only what is still its own to read") { stores in
      let job = makeJob()
      try await stores.ingestion.enqueue([job])
      let end = { @Sendable (hash: String, state: IngestionJob.State) in
        try await stores.ingestion.endReading(
          documentID: job.id, contentHash: hash, state: state, failure: nil, now: time(5))
      }
      #expect(try await end("hash", .failed) == false)
      _ = try await stores.ingestion.claimJob(now: time(1))
      #expect(try await end("older", .failed) == false)
      #expect(try await stores.ingestion.job(documentID: job.id)?.state == .reading)
      #expect(try await end("hash", .queued))
      #expect(try await stores.ingestion.claimJob(now: time(6))?.attempts == 1)
      _ = try await stores.ingestion.updateJob(
        documentID: job.id, contentHash: "hash", state: .cancelled, failure: nil, now: time(7))
      #expect(try await end("hash", .queued) == false)
      #expect(try await stores.ingestion.job(documentID: job.id)?.state == .cancelled)
    },
    Case("deletes a job") { stores in
      let job = makeJob()
      try await stores.ingestion.enqueue([job])
      #expect(try await stores.ingestion.deleteJob(documentID: job.id))
      #expect(try await stores.ingestion.job(documentID: job.id) == nil)
      #expect(try await stores.ingestion.deleteJob(documentID: job.id) == false)
    },
  ]

  private static let documents: [Case] = [
    Case("stores what a reader has made while the job is its own, and nothing afterwards") { stores in
      let document = makeDocument(hash: "hash")
      let finish = { @Sendable in
        try await stores.knowledge.finishReading(
          document.document, text: document.text, chunks: document.chunks)
      }
      #expect(try await finish() == nil)
      try await stores.ingestion.enqueue([makeJob(document.document.id)])
      #expect(try await finish() == nil)
      _ = try await stores.ingestion.claimJob(now: time(1))
      _ = try await stores.ingestion.updateJob(
        documentID: document.document.id, contentHash: "hash", state: .cancelled, failure: nil, now: time(2))
      #expect(try await finish() == nil)
      #expect(try await stores.knowledge.documentCount() == 0)
      #expect(try await stores.ingestion.job(documentID: document.document.id)?.state == .cancelled)
      try await stores.ingestion.enqueue([makeJob(document.document.id, hash: "newer")])
      _ = try await stores.ingestion.claimJob(now: time(3))
      #expect(try await finish() == nil)
      try await stores.ingestion.enqueue([makeJob(document.document.id)])
      _ = try await stores.ingestion.claimJob(now: time(4))
      #expect(try await finish() == .added)
      #expect(try await stores.ingestion.job(documentID: document.document.id) == nil)
      #expect(try await stores.knowledge.document(id: document.document.id)?.contentHash == "hash")
    },
    Case("forgets a job when its document is stored") { stores in
      let fixture = makeDocument()
      try await stores.ingestion.enqueue([
        makeJob(fixture.document.id), makeJob(source: "other", hash: "other"),
      ])
      _ = try await stores.knowledge.save(fixture)
      #expect(try await stores.ingestion.jobs(limit: 9).map(\.source) == ["other"])
    },
    Case("forgets a job when its content was there already") { stores in
      _ = try await stores.knowledge.save(makeDocument())
      let copy = makeDocument(source: "copy.md")
      try await stores.ingestion.enqueue([makeJob(copy.document.id, source: "copy.md")])
      guard case .unchanged = try await stores.knowledge.save(copy) else { return #expect(Bool(false)) }
      #expect(try await stores.ingestion.jobs(limit: 9).isEmpty)
    },
    Case("keeps the job of a newer upload when the document is stored") { stores in
      let fixture = makeDocument(hash: "old")
      try await stores.ingestion.enqueue([makeJob(fixture.document.id, hash: "new")])
      _ = try await stores.knowledge.save(fixture)
      #expect(try await stores.ingestion.job(documentID: fixture.document.id)?.contentHash == "new")
    },
    Case("keeps a job when its document cannot be stored") { stores in
      let fixture = makeDocument()
      try await stores.ingestion.enqueue([makeJob(fixture.document.id)])
      let clash = [fixture.chunks[0], fixture.chunks[0]]
      await expectStoreError(.conflict) {
        _ = try await stores.knowledge.save(fixture.document, text: fixture.text, chunks: clash)
      }
      #expect(try await stores.ingestion.jobs(limit: 9).count == 1)
    },
    Case("keeps the jobs of a deleted document, which bring it anew") { stores in
      let fixture = makeDocument()
      _ = try await stores.knowledge.save(fixture)
      try await stores.ingestion.enqueue([makeJob(fixture.document.id, hash: "new")])
      _ = try await stores.knowledge.deleteDocument(id: fixture.document.id)
      #expect(try await stores.ingestion.jobs(limit: 9).count == 1)
    },
    Case("needs an original as long as a document or a job of any state has it") { stores in
      let fixture = makeDocument(hash: "a")
      #expect(try await stores.ingestion.isOriginalNeeded(contentHash: "a") == false)
      try await stores.ingestion.enqueue([makeJob(fixture.document.id, hash: "a", state: .failed)])
      #expect(try await stores.ingestion.isOriginalNeeded(contentHash: "a"))
      _ = try await stores.knowledge.save(fixture)
      #expect(try await stores.ingestion.isOriginalNeeded(contentHash: "a"))
      #expect(try await stores.ingestion.isOriginalNeeded(contentHash: "b") == false)
      _ = try await stores.knowledge.deleteDocument(id: fixture.document.id)
      #expect(try await stores.ingestion.isOriginalNeeded(contentHash: "a") == false)
    },
  ]
}
