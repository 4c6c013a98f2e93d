import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// The knowledge base through the API, and answers that rest on it.
@Suite struct KnowledgeRoutesTests {
  private static let texts = [
    "The river carries sand to the sea.", "Ports are numbers from 1 to 65535.",
    "A river delta grows where the river meets the sea.",
  ]

  private func fill(_ rill: RillTestServer) async throws -> Document {
    let id = UUID()
    let chunks = Self.texts.enumerated().map { index, text in
      Chunk(
        id: UUID(), documentID: id, ordinal: index, headings: ["Part \(index)"], text: text, byteRange: 0..<1)
    }
    let document = Document(
      id: id, title: "Rivers", source: "rivers.md", mediaType: "text/markdown", contentHash: "abc",
      byteCount: 100,
      chunkCount: chunks.count, createdAt: .now)
    _ = try await rill.knowledge.save(document, chunks: chunks)
    return document
  }

  @Test("Documents are listed, tell that they are ready, and can be deleted")
  func documents() async throws {
    try await withRill { rill in
      let document = try await fill(rill)
      let list = try await rill.client.send("GET", "/documents").decoded()
      let entries = try #require(list["documents"] as? [[String: Any]])
      #expect(entries.map { $0["title"] as? String } == ["Rivers"])
      #expect(entries.first?["chunk_count"] as? Int == 3)
      let path = "/documents/\(document.id.wireString)"
      let events = try await rill.client.send("GET", path + "/events")
      #expect(events.headers["content-type"] == "text/event-stream")
      #expect(events.body.contains(#""type":"ready""#))
      let deleted = try await rill.client.send("DELETE", path)
      #expect(deleted.status == 204)
      let again = try await rill.client.send("DELETE", path)
      #expect(again.status == 404)
    }
  }

  @Test("GET /search tells every score and why each passage was kept or dropped")
  func search() async throws {
    try await withRill { rill in
      _ = try await fill(rill)
      let result = try await rill.client.send("GET", "/search?q=where%20does%20the%20river%20carry%20sand")
        .decoded()
      let passages = try #require(result["passages"] as? [[String: Any]])
      #expect(passages.first?["snippet"] as? String == Self.texts[0])
      #expect(passages.first?["kept"] as? Bool == true)
      for passage in passages {
        #expect((passage["reason"] as? String)?.isEmpty == false)
        #expect(passage["bm25_rank"] is Int)
        #expect(passage["rerank_rank"] is Int)
      }
      let empty = try await rill.client.send("GET", "/search?q=%20")
      #expect(empty.status == 422)
    }
  }

  @Test("Sources come before the first token, numbered as the prompt numbers the passages")
  func sources() async throws {
    try await withRill { rill in
      _ = try await fill(rill)
      let events = try await rill.client.ask("Where does the river carry the sand?")
      let sources: [[String: Any]] = try #require(events.first { $0.type == "sources" }?["sources"])
      #expect(sources.map { $0["number"] as? Int } == Array(1...sources.count))
      #expect(sources.first?["locator"] as? String == "Part 0")
      let prompt = try #require(rill.upstream.requests.first).bodyText
      #expect(prompt.contains("[1] Rivers — Part 0"))
      let reranking = events.first { $0.type == "reranking_start" }
      let retrieval = events.first { $0.type == "retrieval_complete" }
      #expect(reranking?["candidates", as: Int.self] == retrieval?["doc_count", as: Int.self])
    }
  }
}
