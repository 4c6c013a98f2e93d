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
    let text = Self.texts.joined(separator: "\n\n")
    var start = 0
    let chunks = Self.texts.enumerated().map { index, text in
      defer { start += text.utf8.count + 2 }
      return Chunk(
        id: UUID(), documentID: id, ordinal: index, headings: ["Part \(index)"], text: text,
        byteRange: start..<(start + text.utf8.count))
    }
    let document = Document(
      id: id, title: "Rivers", source: "rivers.md", mediaType: "text/markdown", contentHash: "abc",
      byteCount: 100, chunkCount: chunks.count, createdAt: .now)
    _ = try await rill.knowledge.save(document, text: .plainText(text), chunks: chunks)
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
      #expect(result["mode"] as? String == "words")
      let passages = try #require(result["passages"] as? [[String: Any]])
      #expect(passages.first?["snippet"] as? String == Self.texts[0])
      #expect(passages.first?["kept"] as? Bool == true)
      for passage in passages {
        #expect((passage["reason"] as? String)?.isEmpty == false)
        #expect(passage["bm25_rank"] is Int)
        #expect(passage["vector_rank"] is NSNull)
        #expect(passage["fused_rank"] is Int)
        #expect(passage["rerank_rank"] is Int)
      }
      let empty = try await rill.client.send("GET", "/search?q=%20")
      #expect(empty.status == 422)
    }
  }

  @Test(
    "GET /search refuses settings that make no sense",
    arguments: [
      "method=best", "word_weight=-1", "meaning_weight=x", "rerank=perhaps", "candidates=0", "candidates=201",
      "limit=0", "document=7",
    ])
  func badSettings(_ setting: String) async throws {
    try await withRill { rill in
      let response = try await rill.client.send("GET", "/search?q=river&\(setting)")
      #expect(response.status == 422)
      #expect(try response.decoded()["field"] as? String == setting.prefix { $0 != "=" }.description)
    }
  }

  @Test("GET /search keeps to the documents and folders that it is told")
  func filters() async throws {
    try await withRill { rill in
      let document = try await fill(rill)
      func count(_ filter: String) async throws -> Int? {
        try await (rill.client.send("GET", "/search?q=river&\(filter)").decoded()["passages"] as? [Any])?
          .count
      }
      #expect(try await count("document=\(document.id.wireString)") == 3)
      #expect(try await count("document=\(UUID().wireString)") == 0)
      #expect(try await count("folder=elsewhere") == 0)
      #expect(try await count("rerank=false&limit=1") == 3)
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
