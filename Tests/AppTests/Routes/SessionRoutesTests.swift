import Foundation
import TestSupport
import Testing

@testable import App

/// FR-012: conversations live on the server.
@Suite struct SessionRoutesTests {
  @Test("A conversation can be listed, read, renamed and deleted")
  func lifeOfASession() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("What does the river do?")
      let id: String = try #require(events.first?["session_id"])

      let list = try await rill.client.send("GET", "/sessions").decoded()
      let sessions = try #require(list["sessions"] as? [[String: Any]])
      #expect(sessions.map { $0["id"] as? String } == [id])
      #expect(sessions.first?["title"] as? String == "What does the river do?")
      #expect(list["next_cursor"] is NSNull)

      let renamed = try await rill.client.send("PATCH", "/sessions/\(id)", body: #"{"title":" Rivers "}"#)
      #expect(try renamed.decoded()["title"] as? String == "Rivers")
      let read = try await rill.client.send("GET", "/sessions/\(id)").decoded()
      #expect(read["title"] as? String == "Rivers")
      #expect(read["active_run"] is NSNull)

      #expect(try await rill.client.send("DELETE", "/sessions/\(id)").status == 204)
      #expect(try await rill.client.send("GET", "/sessions/\(id)").status == 404)
      #expect(try await rill.client.send("DELETE", "/sessions/\(id)").status == 404)
    }
  }

  @Test("Messages are listed oldest first; an answer carries its sources, usage and status")
  func messages() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("What does the river do?")
      let id: String = try #require(events.first?["session_id"])
      let body = try await rill.client.send("GET", "/sessions/\(id)/messages").decoded()
      let messages = try #require(body["messages"] as? [[String: Any]])
      #expect(messages.map { $0["role"] as? String } == ["user", "assistant"])
      #expect(messages[1]["content"] as? String == "Hello there")
      #expect(messages[1]["parent_id"] as? String == messages[0]["id"] as? String)
      #expect(messages[1]["status"] as? String == "done")
      #expect(messages[1]["model"] as? String == "scripted")
      #expect(messages[1]["sources"] is [Any])
      #expect((messages[1]["usage"] as? [String: Any])?["prompt_tokens"] as? Int == 11)
    }
  }

  @Test("With a limit, messages come page by page from the end")
  func messagePages() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("What does the river do?")
      let id: String = try #require(events.first?["session_id"])
      func page(_ query: String) async throws -> (roles: [String?], cursor: String?) {
        let body = try await rill.client.send("GET", "/sessions/\(id)/messages\(query)").decoded()
        let messages = try #require(body["messages"] as? [[String: Any]])
        try #require(body.keys.contains("next_cursor"))
        return (messages.map { $0["role"] as? String }, body["next_cursor"] as? String)
      }
      let newest = try await page("?limit=1")
      #expect(newest.roles == ["assistant"])
      let oldest = try await page("?limit=1&cursor=\(#require(newest.cursor))")
      #expect(oldest.roles == ["user"])
      #expect(oldest.cursor == nil)
      #expect(try await page("").cursor == nil)
      #expect(try await page("?limit=200").roles == ["user", "assistant"])
      for query in ["?limit=0", "?limit=201", "?limit=x", "?cursor=nonsense", "?limit=1&cursor=\(UUID())"] {
        let refused = try await rill.client.send("GET", "/sessions/\(id)/messages\(query)")
        #expect(refused.status == 422)
        #expect(try refused.decoded()["code"] as? String == "INVALID_REQUEST")
      }
    }
  }

  @Test("A running session tells its run; deleting the session stops it")
  func deleteWhileRunning() async throws {
    try await withRill(script: StopTests.silentAfter(["x"])) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        let events = try await stream.events { $0.type == "token" }
        let id: String = try #require(events.first?["session_id"])
        let active = try await rill.client.send("GET", "/sessions/\(id)").decoded()["active_run"]
        #expect((active as? [String: Any])?["run_id"] as? String == run.wireString)
        #expect(try await rill.client.send("DELETE", "/sessions/\(id)").status == 204)
        _ = try await rill.upstream.request().connection.closed()
        #expect(try await stream.events().types == ["cancelled"])
      }
    }
  }

  @Test("Wrong limits, cursors and titles are 422")
  func invalidInput() async throws {
    try await withRill { rill in
      #expect(try await rill.client.send("GET", "/sessions?limit=0").status == 422)
      #expect(try await rill.client.send("GET", "/sessions?cursor=nonsense").status == 422)
      let events = try await rill.client.ask("What does the river do?")
      let id: String = try #require(events.first?["session_id"])
      #expect(try await rill.client.send("PATCH", "/sessions/\(id)", body: #"{"title":"  "}"#).status == 422)
    }
  }
}
