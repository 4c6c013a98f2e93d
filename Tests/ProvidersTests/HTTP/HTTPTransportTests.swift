import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("HTTP transport", .timeLimit(.minutes(1)))
struct HTTPTransportTests {
  @Test("close ends what is under way with an error, and later requests at once")
  func close() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.streamHead()
      try await answer.hang()
    } run: { upstream in
      let transport = try HTTPTransport()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let error = await #expect(throws: HTTPTransportError.self) {
            _ = try await transport.response(to: HTTPRequest(url: upstream.baseURL), limit: 100)
          }
          #expect(error?.kind == .closed)
        }
        let request = try await upstream.request()
        await transport.close()
        try await group.waitForAll()
        _ = try await request.connection.closed()
      }
      await #expect(throws: HTTPTransportError.self) {
        _ = try await transport.response(to: HTTPRequest(url: upstream.baseURL), limit: 100)
      }
      await transport.close()
    }
  }

  @Test("a transport that is let go of closes its idle connections")
  func released() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(200, body: "ok")
    } run: { upstream in
      do {
        let transport = try HTTPTransport()
        _ = try await transport.response(to: HTTPRequest(url: upstream.baseURL), limit: 100)
      }
      _ = try await upstream.request().connection.closed()
    }
  }

  @Test("a request's own timeout")
  func timeout() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.hang()
    } run: { upstream in
      try await withTransport { transport in
        let request = HTTPRequest(url: upstream.baseURL, timeout: .milliseconds(50))
        let error = await #expect(throws: HTTPTransportError.self) {
          _ = try await transport.response(to: request, limit: 100)
        }
        #expect(error?.kind == .timedOut)
        for connection in upstream.connections { _ = try await connection.closed() }
      }
    }
  }

  @Test("a body above its limit is refused, one at the limit is not")
  func limit() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(200, body: String(repeating: "x", count: 100))
    } run: { upstream in
      try await withTransport { transport in
        let response = try await transport.response(to: HTTPRequest(url: upstream.baseURL), limit: 100)
        #expect(response.body.count == 100)
        #expect(response.head["content-length"] == "100")
        await #expect(throws: HTTPTransportError.self) {
          _ = try await transport.response(to: HTTPRequest(url: upstream.baseURL), limit: 99)
        }
      }
    }
  }

  @Test("a header cannot smuggle in another")
  func headerInjection() async throws {
    try await withTransport { transport in
      let request = HTTPRequest(url: "http://127.0.0.1:1", headers: [("X", "a\r\nY: b")])
      let error = await #expect(throws: HTTPTransportError.self) {
        _ = try await transport.response(to: request, limit: 100)
      }
      #expect(error?.kind == .invalidRequest)
    }
  }

  @Test("only http and https are spoken")
  func schemes() async throws {
    try await withTransport { transport in
      let error = await #expect(throws: HTTPTransportError.self) {
        _ = try await transport.response(to: HTTPRequest(url: "file:///etc/hostname"), limit: 100)
      }
      #expect(error?.kind == .invalidRequest)
    }
  }

  @Test("the poller of systems without epoll works as well")
  func pollPoller() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.stream(tokens: ["a", "b"])
    } run: { upstream in
      let transport = try HTTPTransport(configuration: .init()) { PollPoller() }
      let model = OpenAIModel(
        endpoint: OpenAIEndpoint(baseURL: upstream.baseURL)!, model: "m", transport: transport)
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let recorder = EventRecorder()
            try await model.answer(into: recorder)
            return recorder.text
          }
        }
        for try await text in group { #expect(text == "ab") }
      }
      await transport.close()
    }
  }

  @Test(
    "loopback addresses",
    arguments: [
      ("http://127.0.0.1:11434/v1", true), ("http://localhost/v1", true), ("http://LOCALHOST:1", true),
      ("http://[::1]:8080/v1", true), ("http://127.8.8.8", true), ("http://api.localhost", true),
      ("https://api.openai.com/v1", false), ("http://127.0.0.1.example.com", false),
      ("http://10.0.0.1", false),
      ("http://localhost.example.com", false), ("nonsense", false),
    ])
  func loopback(url: String, expected: Bool) {
    #expect(LoopbackAddress.isHost(of: url) == expected)
  }
}
