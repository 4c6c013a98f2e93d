import Foundation
import TestSupport
import Testing

@testable import App

/// Bad input gets a clear error, and no stream is opened for it.
@Suite struct RequestValidationTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var body: String
    var contentType = "application/json"
    var status: Int
    var code: String
    var field: String?
  }

  static let rows: [Row] = [
    Row(testDescription: "no message", body: "{}", status: 422, code: "INVALID_REQUEST", field: "message"),
    Row(
      testDescription: "empty message", body: #"{"message":""}"#, status: 422, code: "INVALID_REQUEST",
      field: "message"),
    Row(
      testDescription: "blank message", body: #"{"message":" \n "}"#, status: 422,
      code: "INVALID_REQUEST", field: "message"),
    Row(
      testDescription: "message of 8,001 characters",
      body: #"{"message":"\#(String(repeating: "a", count: 8_001))"}"#, status: 422,
      code: "INVALID_REQUEST", field: "message"),
    Row(
      testDescription: "message is a number", body: #"{"message":7}"#, status: 422,
      code: "INVALID_REQUEST", field: "message"),
    Row(
      testDescription: "session_id is no UUID", body: #"{"message":"x","session_id":"abc"}"#, status: 422,
      code: "INVALID_REQUEST", field: "session_id"),
    Row(
      testDescription: "run_id is no UUID", body: #"{"message":"x","run_id":5}"#, status: 422,
      code: "INVALID_REQUEST", field: "run_id"),
    Row(
      testDescription: "parent_id without a session",
      body: #"{"message":"x","parent_id":"11111111-1111-4111-8111-111111111111"}"#, status: 422,
      code: "INVALID_REQUEST", field: "parent_id"),
    Row(testDescription: "malformed JSON", body: #"{"message":"#, status: 400, code: "MALFORMED_JSON"),
    Row(testDescription: "a JSON list", body: "[]", status: 400, code: "MALFORMED_JSON"),
    Row(testDescription: "an empty body", body: "", status: 400, code: "MALFORMED_JSON"),
    Row(
      testDescription: "a body over the limit",
      body: #"{"message":"x","pad":"\#(String(repeating: "a", count: 200_000))"}"#, status: 413,
      code: "BODY_TOO_LARGE"),
    Row(
      testDescription: "wrong content type", body: #"{"message":"x"}"#, contentType: "text/plain",
      status: 415,
      code: "UNSUPPORTED_MEDIA_TYPE"),
  ]

  @Test("Invalid requests are problems", arguments: rows, ["/chat/stream", "/chat"])
  func invalidRequests(_ row: Row, _ path: String) async throws {
    try await withRill { rill in
      let response = try await rill.client.send(
        "POST", path, headers: ["content-type": row.contentType], body: row.body)
      #expect(response.status == row.status)
      #expect(response.headers["content-type"] == "application/problem+json")
      let problem = try response.decoded()
      #expect(problem["code"] as? String == row.code)
      #expect(problem["field"] as? String == row.field)
      #expect(problem["status"] as? Int == row.status)
      #expect((problem["detail"] as? String)?.isEmpty == false)
      #expect(problem["retryable"] as? Bool == false)
      #expect(rill.upstream.requests.isEmpty)
    }
  }

  @Test("A method that an address does not take is 405 and names those that it does")
  func otherMethods() async throws {
    try await withRill { rill in
      let response = try await rill.client.send("PUT", "/sessions/\(UUID().wireString)", body: "{}")
      #expect(response.status == 405)
      #expect(response.headers["allow"] == "DELETE, GET, PATCH")
      #expect(try response.decoded()["code"] as? String == "METHOD_NOT_ALLOWED")
    }
  }

  @Test("8,000 characters and unknown keys are fine")
  func longestMessage() async throws {
    try await withRill { rill in
      let message = String(repeating: "é ", count: 4_000)
      let response = try await rill.client.send(
        "POST", "/chat", body: #"{"message":"\#(message)","colour":"blue","session_id":null}"#)
      #expect(response.status == 200)
    }
  }
}
