import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// Citations from the model to the client, and what becomes of them when a document goes.
@Suite struct CitationTests {
  static let text = "The river carries sand to the sea.\n\nPorts are numbers from 1 to 65535."

  /// A document of two chunks on pages 3 and 4.
  static func store(in rill: RillTestServer) async throws -> Document {
    let document = Document(
      id: UUID(), title: "Rivers", source: "notes/rivers.pdf", mediaType: "application/pdf",
      contentHash: "abc", byteCount: 100, chunkCount: 2, pageCount: 4, createdAt: .now)
    let chunks = [0..<34, 36..<70].enumerated().map { index, range in
      Chunk(
        id: UUID(), documentID: document.id, ordinal: index * 2, headings: [],
        text: String(decoding: Array(text.utf8)[range], as: UTF8.self), byteRange: range, page: 3 + index)
    }
    let extracted = ExtractedText(
      title: "Rivers", text: text, blocks: chunks.map { TextBlock(kind: .paragraph, range: $0.byteRange) })
    _ = try await rill.knowledge.save(document, text: extracted, chunks: chunks)
    return document
  }

  @Test("A citation of a passage that does not exist never reaches the client, nor the history")
  func unknownNumbers() async throws {
    try await withRill(script: { _, answer in
      try await answer.stream(tokens: [
        "Sand", " [", "1", "]", " and salt", " [4", "2].", " See", " [1,", " 9]",
      ])
    }) { rill in
      _ = try await Self.store(in: rill)
      let events = try await rill.client.ask("Where does the river carry the sand?")
      #expect(events.text == "Sand [1] and salt. See [1]")
      let session: String = try #require(events.first?["session_id"])
      let messages = try await rill.client.send("GET", "/sessions/\(session)/messages").decoded()
      let list = try #require(messages["messages"] as? [[String: Any]])
      #expect(list.last?["content"] as? String == "Sand [1] and salt. See [1]")
    }
  }

  @Test("A source tells its page and where in the text it stands")
  func place() async throws {
    try await withRill { rill in
      _ = try await Self.store(in: rill)
      let events = try await rill.client.ask("Where does the river carry the sand?")
      let sources: [[String: Any]] = try #require(events.first { $0.type == "sources" }?["sources"])
      let first = try #require(sources.first)
      #expect(first["page"] as? Int == 3)
      #expect(first["start"] as? Int == 0)
      #expect(first["end"] as? Int == 34)
      #expect(first["locator"] as? String == "page 3")
    }
  }

  @Test("Once a document is deleted, the answers that cite it say so, and keep what they showed")
  func removed() async throws {
    try await withRill { rill in
      let document = try await Self.store(in: rill)
      let events = try await rill.client.ask("Where does the river carry the sand?")
      let session: String = try #require(events.first?["session_id"])
      func source() async throws -> [String: Any] {
        let list = try await rill.client.send("GET", "/sessions/\(session)/messages").decoded()
        let messages = try #require(list["messages"] as? [[String: Any]])
        return try #require((messages.last?["sources"] as? [[String: Any]])?.first)
      }
      #expect(try await source()["removed"] == nil)
      let deleted = try await rill.client.send("DELETE", "/documents/\(document.id.wireString)")
      #expect(deleted.status == 204)
      #expect(try await source()["removed"] as? Bool == true)
      #expect(try await source()["snippet"] as? String == "The river carries sand to the sea.")
    }
  }

  @Test("A reranker that fails is told in the stream, and the answer rests on the order of the search")
  func rerankerFails() async throws {
    try await withRill(reranker: BrokenReranker()) { rill in
      _ = try await Self.store(in: rill)
      let events = try await rill.client.ask("Where does the river carry the sand?")
      let warning = try #require(events.first { $0.type == "warning" })
      #expect(warning["stage"] == "reranking")
      let message: String = try #require(warning["message"])
      #expect(message.contains("Reranking failed") && !message.contains("secret"))
      #expect(events.outline.contains("sources") && events.types.last == "done")
      #expect(events.map(\.id) == Array(1...events.count))
    }
  }

  @Test("A follow-up is written out by the model for the search, and nothing of that is shown")
  func followUp() async throws {
    try await withRill(
      configure: { $0.queryWriter = .model },
      script: { request, answer in
        let isWriting = request.bodyText.contains("You prepare searches")
        try await answer.stream(tokens: isWriting ? ["Which numbers", " are ports?"] : ["An answer"])
      }
    ) { rill in
      _ = try await Self.store(in: rill)
      let first = try await rill.client.ask("Where does the river carry the sand?")
      let session = try #require(first.first?["session_id", as: String.self].flatMap(UUID.init))
      let second = try await rill.client.ask("and the other ones?", session: session)
      #expect(second.text == "An answer")
      let sources: [[String: Any]] = try #require(second.first { $0.type == "sources" }?["sources"])
      #expect(sources.contains { ($0["snippet"] as? String)?.hasPrefix("Ports are numbers") == true })
      #expect(rill.upstream.requests.count == 3)
    }
  }
}

private struct BrokenReranker: Reranker {
  let name = "broken"
  func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    throw ModelError(.unavailable, "away", detail: "secret detail")
  }
}
