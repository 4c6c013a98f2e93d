import Extraction
import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// Messages between nodes may be lost: that costs time and nothing else.
@Suite("A node that hears nothing", .enabled(if: TestPostgres.isGiven), .timeLimit(.minutes(2)))
struct DeafNodeTests {
  @Test("finds the files that wait, ends readings that were cancelled, and searches by meaning in time")
  func polling() async throws {
    try await withIngestionFolder { folder in
      let tools = try IngestionQueueTests.slowTools(in: folder)
      try await withRillNodes(1, documents: { _, dependencies in dependencies.readerCount = 0 }) { cluster in
        let database = try await TestDatabase.postgres(url: cluster.url)
        try await withRill(
          database: database,
          documents: {
            $0.readerCount = 1
            $0.extractor = TextExtractor(pdfTools: tools)
            $0.embedder = EmbeddingIndexerTests.LetterEmbedder()
          }, cluster: WrappedCluster(try #require(database.database.cluster), .init(hears: false))
        ) { deaf in
          let client = cluster[0].client
          let id = try #require(
            try await client.upload([("slow.pdf", IngestionQueueTests.pdf)]).documents.first?.id)
          try await eventually("it is read") { try await client.document(id)?.status == "reading" }
          try await eventually("it is being read") { deaf.documents.library.readings.count == 1 }
          let cancelled = try await client.send("POST", "/documents/\(id.wireString)/cancel", body: "")
          #expect(cancelled.status == 200)
          try await eventually("the reading ends") { deaf.documents.library.readings.count == 0 }
          let text = try #require(try await client.upload("zebra.md", "zzz zebra").documents.first?.id)
          #expect(try await deaf.client.follow(text).last?.status == "ready")
          let found = try await deaf.client.send("GET", "/search?q=zbra").decoded()
          #expect(found["mode"] as? String == "hybrid")
        }
        try await database.database.close()
      }
    }
  }
}
