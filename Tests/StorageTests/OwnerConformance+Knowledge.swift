import Foundation
import Graph
import Testing

@testable import Storage

extension OwnerConformance {
  static let documents: [Case] = [
    Case("shows no document of another owner") { stores in
      let fixture = makeDocument()
      _ = try await stores.theirs.knowledge.save(fixture)
      let mine = stores.mine.knowledge
      #expect(try await mine.documents().isEmpty)
      #expect(try await mine.documentCount() == 0)
      #expect(try await mine.document(id: fixture.document.id) == nil)
      #expect(try await mine.document(contentHash: fixture.document.contentHash) == nil)
      #expect(try await mine.document(source: fixture.document.source) == nil)
      #expect(try await mine.existingDocuments(among: [fixture.document.id]).isEmpty)
      #expect(try await mine.text(documentID: fixture.document.id) == nil)
      #expect(try await mine.chunks(documentID: fixture.document.id).isEmpty)
      #expect(try await mine.chunk(id: fixture.chunks[0].id) == nil)
    },
    Case("finds the words of one owner's documents only") { stores in
      let (mine, theirs) = (makeDocument("Mine"), makeDocument("Theirs"))
      _ = try await stores.theirs.knowledge.save(theirs)
      #expect(try await stores.mine.knowledge.search("stream", limit: 9).isEmpty)
      _ = try await stores.mine.knowledge.save(mine)
      #expect(try await stores.mine.knowledge.search("stream", limit: 9).map(\.title) == ["Mine"])
      #expect(
        try await stores.mine.knowledge.search(
          "stream", limit: 9, filter: SearchFilter(documents: [theirs.document.id])
        ).isEmpty)
    },
    Case("takes a content or a source that another owner has for a new one") { stores async throws in
      let (first, second) = (makeDocument("Theirs"), makeDocument("Mine"))
      #expect(try await stores.theirs.knowledge.save(first) == .added)
      #expect(try await stores.mine.knowledge.save(second) == .added)
      #expect(
        try await stores.mine.knowledge.save(makeDocument("Mine", hash: "new", texts: ["Other words."]))
          == .replaced)
      #expect(try await stores.theirs.knowledge.documents() == [first.document])
      #expect(try await stores.theirs.knowledge.search("stream", limit: 9).map(\.title) == ["Theirs"])
    },
    Case("neither deletes nor replaces a document of another owner by its id") { stores in
      let fixture = makeDocument()
      _ = try await stores.theirs.knowledge.save(fixture)
      #expect(try await stores.mine.knowledge.deleteDocument(id: fixture.document.id) == nil)
      try await allowingConflict { _ = try await stores.mine.knowledge.save(fixture) }
      _ = try await stores.mine.knowledge.deleteDocument(id: fixture.document.id)
      #expect(try await stores.theirs.knowledge.documents() == [fixture.document])
      #expect(try await stores.theirs.knowledge.chunks(documentID: fixture.document.id) == fixture.chunks)
      #expect(try await stores.theirs.knowledge.text(documentID: fixture.document.id) == fixture.text)
    },
  ]

  static let vectors: [Case] = [
    Case("finds, counts and hands out the chunks of one owner only") { stores in
      let (mine, theirs) = (makeDocument("Mine"), makeDocument("Theirs", texts: ["a", "b"]))
      _ = try await stores.theirs.knowledge.save(theirs)
      _ = try await stores.mine.knowledge.save(mine)
      for store in [stores.theirs, stores.mine] { try await store.embeddings.add(model) }
      #expect(
        try await stores.mine.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.title) == ["Mine"])
      try await stores.theirs.embeddings.save([axis(0), axis(1)], for: theirs.chunks)
      #expect(try await stores.mine.embeddings.nearest(axis(0)).isEmpty)
      #expect(
        try await stores.mine.embeddings.embeddings(of: theirs.chunks.map(\.id), model: model.id).isEmpty)
      let counts = try await stores.mine.embeddings.embeddedCounts(
        documents: [theirs.document.id], model: model.id)
      #expect(counts[theirs.document.id] ?? 0 == 0)
      let models = try await stores.mine.embeddings.embeddingModels()
      #expect(models.map(\.embeddedCount) == [0])
      #expect(models.map(\.chunkCount) == [1])
      try await stores.mine.embeddings.save([axis(0)], for: mine.chunks)
      #expect(try await stores.mine.embeddings.nearest(axis(0)).map(\.title) == ["Mine"])
      #expect(try await stores.theirs.embeddings.nearest(axis(0)).map(\.title) == ["Theirs", "Theirs"])
    },
    Case("stores no vector for a chunk of another owner") { stores in
      let theirs = makeDocument()
      _ = try await stores.theirs.knowledge.save(theirs)
      for store in [stores.theirs, stores.mine] { try await store.embeddings.add(model) }
      try await stores.mine.embeddings.save([axis(3)], for: theirs.chunks)
      #expect(try await stores.theirs.embeddings.nearest(axis(3)).isEmpty)
      #expect(try await stores.theirs.embeddings.chunksToEmbed(model: model.id, limit: 9).count == 1)
    },
    Case("keeps the vectors of another owner when one changes the model") { stores in
      let other = EmbedderDescriptor(id: "other/1", dimension: 4)
      let theirs = makeDocument()
      _ = try await stores.theirs.knowledge.save(theirs)
      for store in [stores.theirs, stores.mine] { try await store.embeddings.add(model) }
      try await stores.theirs.embeddings.save([axis(0)], for: theirs.chunks)
      try await stores.mine.embeddings.add(other)
      try await stores.mine.embeddings.serve(model: other.id)
      #expect(try await stores.theirs.embeddings.nearest(axis(0)).count == 1)
      #expect(try await stores.theirs.embeddings.embeddingModels().map(\.isServing) == [true])
    },
  ]

  static let jobs: [Case] = [
    Case("shows, hands out and changes no job of another owner") { stores in
      let (job, failed) = (makeJob(), makeJob(source: "b", hash: "b", state: .failed, at: 1))
      try await stores.theirs.ingestion.enqueue([job, failed])
      let mine = stores.mine.ingestion
      #expect(try await mine.claimJob(now: time(5)) == nil)
      #expect(try await mine.job(documentID: job.id) == nil)
      #expect(try await mine.job(source: job.source) == nil)
      #expect(try await mine.jobs(limit: 9).isEmpty)
      #expect(
        try await mine.updateJob(
          documentID: job.id, contentHash: job.contentHash, state: .cancelled, failure: nil, now: time(6))
          == false)
      #expect(try await mine.deleteJob(documentID: job.id) == false)
      // In a folder all owners share the file of one content.
      if stores.mine.originals != nil {
        #expect(try await mine.isOriginalNeeded(contentHash: job.contentHash) == false)
      }
      #expect(try await stores.theirs.ingestion.jobs(limit: 9) == [failed, job])
    },
    Case("queues only one owner's jobs again") { stores in
      try await stores.theirs.ingestion.enqueue([makeJob()])
      _ = try await stores.theirs.ingestion.claimJob(now: time(1))
      #expect(try await stores.mine.ingestion.requeueClaimedJobs() == 0)
      #expect(try await stores.mine.ingestion.requeueAbandonedJobs() == 0)
      #expect(try await stores.theirs.ingestion.jobs(limit: 9).map(\.state) == [.reading])
    },
    Case("replaces no job of another owner, and a document ends only its owner's") { stores in
      let fixture = makeDocument()
      let job = makeJob(fixture.document.id, source: "theirs.md")
      try await stores.theirs.ingestion.enqueue([job])
      try await allowingConflict {
        try await stores.mine.ingestion.enqueue([makeJob(fixture.document.id, source: "mine.md")])
      }
      try await allowingConflict { _ = try await stores.mine.knowledge.save(fixture) }
      #expect(try await stores.theirs.ingestion.jobs(limit: 9) == [job])
    },
  ]

  static let originals: [Case] = [
    Case("keeps each owner's files to that owner, also those of one content") { stores in
      guard let theirs = stores.theirs.originals, let mine = stores.mine.originals else { return }
      let file = Data("A rill is a small stream.".utf8)
      try await save(file, "hash", in: theirs)
      #expect(try await mine.originalSize(contentHash: "hash") == nil)
      #expect(try await mine.original(contentHash: "hash", from: 0) == nil)
      #expect(try await mine.abandonedOriginals(olderThan: .zero).isEmpty)
      try await save(file, "hash", in: mine)
      #expect(try await mine.original(contentHash: "hash", from: 2) == file.dropFirst(2))
      try await mine.deleteOriginal(contentHash: "hash")
      #expect(try await mine.originalSize(contentHash: "hash") == nil)
      #expect(try await theirs.original(contentHash: "hash", from: 0) == file)
      // The other owner's document is no reason to keep a file.
      _ = try await stores.mine.knowledge.save(makeDocument(hash: "hash"))
      #expect(try await theirs.abandonedOriginals(olderThan: .zero) == ["hash"])
    }
  ]

  private static func save(_ file: Data, _ hash: String, in store: any OriginalStore) async throws {
    let parts = PartSequence([file])
    try await store.saveOriginal(contentHash: hash, byteCount: file.count) { parts.next() }
  }
}
