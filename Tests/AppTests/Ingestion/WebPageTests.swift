import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// Documents from addresses: what is fetched, and what is refused.
@Suite(.timeLimit(.minutes(2))) struct WebPageTests {
  private func post(_ url: String, to rill: RillTestServer) async throws -> UploadAnswer {
    let body = try JSONSerialization.data(withJSONObject: ["url": url])
    return try UploadAnswer(
      await rill.client.send("POST", "/documents", body: String(decoding: body, as: UTF8.self)))
  }

  @Test(
    "This machine and its network are refused, however they are written",
    arguments: [
      "http://127.0.0.1", "http://localhost", "http://127.1", "http://2130706433", "http://0x7f000001",
      "http://0177.0.0.1", "http://[::1]", "http://[::ffff:127.0.0.1]", "http://0.0.0.0", "http://[::]",
      "http://LOCALHOST",
    ])
  func privateAddresses(base: String) async throws {
    try await withRill { rill in
      // A server listens there: only the check keeps the request from it.
      let answer = try await post("\(base):\(rill.client.port)/health", to: rill)
      #expect(answer.status == 422)
      #expect(answer.code == "PRIVATE_ADDRESS")
      #expect(try rill.leftovers().isEmpty)
      #expect(try await rill.client.documents().isEmpty)
    }
  }

  @Test("A connection that is open to a private server already is not used for it")
  func reusedConnection() async throws {
    try await withRill { rill in
      _ = try await rill.client.ask("Hello?")
      let answer = try await post(rill.upstream.baseURL + "/models", to: rill)
      #expect(answer.code == "PRIVATE_ADDRESS")
    }
  }

  @Test(
    "Other schemes, passwords and nonsense are no addresses",
    arguments: [
      "file:///etc/passwd", "ftp://example.com/a", "javascript:alert(1)", "http://",
      "http://user:secret@example.com/",
      "notes/a.md", "",
    ])
  func noAddress(url: String) async throws {
    try await withRill { rill in
      let answer = try await post(url, to: rill)
      #expect(answer.status == 422)
      #expect(answer.code == "INVALID_REQUEST")
    }
  }

  @Test("With permission a page is fetched, through redirects, and is called by its address")
  func allowed() async throws {
    let page = "<html><head><title>Rivers</title></head><body><p>A rill is a small stream.</p></body></html>"
    try await withRill(
      configure: { $0.documents.allowsPrivateURLs = true },
      script: { request, answer in
        switch request.path {
        case "/v1/start": try await answer.respond(302, ["location": "next?x=1"])
        case "/v1/next?x=1":
          try await answer.respond(200, body: page, type: "text/html; charset=utf-8")
        case "/v1/loop": try await answer.respond(301, ["location": "/v1/loop"])
        case "/v1/out": try await answer.respond(302, ["location": "file:///etc/passwd"])
        default: try await answer.respond(404, body: "nothing")
        }
      }
    ) { rill in
      let base = rill.upstream.baseURL
      let answer = try await post(base + "/start#part", to: rill)
      let document = try #require(answer.documents.first)
      #expect(document.source == base + "/start")
      #expect(try await rill.client.follow(document.id).last?.title == "Rivers")
      #expect(try await rill.knowledge.search("small stream", limit: 1).count == 1)
      #expect(try await post(base + "/loop", to: rill).code == "TOO_MANY_REDIRECTS")
      #expect(try await post(base + "/out", to: rill).code == "INVALID_REQUEST")
      #expect(try await post(base + "/missing", to: rill).code == "FETCH_FAILED")
      #expect(try await post("http://127.0.0.1:1/", to: rill).code == "FETCH_FAILED")
      #expect(try rill.leftovers().isEmpty)
    }
  }
}
