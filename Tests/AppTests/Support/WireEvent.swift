import Foundation
import TestSupport
import Testing

/// One event of a stream as a client reads it.
struct WireEvent: Equatable {
  var id: Int
  var type: String
  /// The frame as it came, without its blank line.
  var frame: String

  static func == (left: WireEvent, right: WireEvent) -> Bool { left.frame == right.frame }

  /// - Returns: `nil` for comments and for `retry:`.
  init?(block: String) throws {
    let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first?.hasPrefix("id: ") == true else { return nil }
    try #require(lines.count == 2, "a frame is an id line and one data line: \(block)")
    try #require(lines[1].hasPrefix("data: "))
    frame = block
    id = try #require(Int(lines[0].dropFirst(4)))
    let object = try JSONSerialization.jsonObject(with: Data(lines[1].dropFirst(6).utf8))
    let values = try #require(object as? [String: Any])
    type = try #require(values["type"] as? String)
    raw = try JSONSerialization.data(withJSONObject: values)
  }

  private var raw: Data

  private var object: [String: Any] {
    ((try? JSONSerialization.jsonObject(with: raw)) as? [String: Any]) ?? [:]
  }

  /// A field of `content`.
  subscript<Value>(_ key: String, as type: Value.Type = Value.self) -> Value? {
    (object["content"] as? [String: Any])?[key] as? Value
  }

  /// The text of a token.
  var text: String? { object["content"] as? String }
  var timestamp: String? { object["timestamp"] as? String }
  var isTerminal: Bool { ["done", "error", "cancelled"].contains(type) }
}

extension HTTPTestStream {
  /// The next event, over comments; `nil` at the end of the response.
  func nextEvent() async throws -> WireEvent? {
    while let block = try await nextBlock() {
      if let event = try WireEvent(block: block) { return event }
    }
    return nil
  }

  /// Reads events until one fits.
  @discardableResult
  func events(until isLast: (WireEvent) -> Bool = { _ in false }) async throws -> [WireEvent] {
    var events: [WireEvent] = []
    while let event = try await nextEvent() {
      events.append(event)
      if isLast(event) { break }
    }
    return events
  }
}

extension [WireEvent] {
  var types: [String] { map(\.type) }
  var text: String { compactMap(\.text).joined() }

  /// The types with runs of tokens as one.
  var outline: [String] {
    reduce(into: []) { if $0.last != "token" || $1.type != "token" { $0.append($1.type) } }
  }
}

extension HTTPTestClient {
  /// The body of `POST /chat/stream` and `POST /chat`.
  static func question(
    _ message: String, session: UUID? = nil, run: UUID? = nil, parent: UUID? = nil
  ) -> String {
    var body = ["message": message]
    body["session_id"] = session?.uuidString.lowercased()
    body["run_id"] = run?.uuidString.lowercased()
    body["parent_id"] = parent?.uuidString.lowercased()
    return String(decoding: (try? JSONEncoder().encode(body)) ?? Data(), as: UTF8.self)
  }

  /// Asks and follows the answer.
  func ask<Result: Sendable>(
    _ message: String, session: UUID? = nil, run: UUID? = nil, parent: UUID? = nil,
    _ consume: @Sendable (HTTPTestStream) async throws -> Result
  ) async throws -> Result {
    try await open(
      "POST", "/chat/stream",
      body: Self.question(message, session: session, run: run, parent: parent), consume)
  }

  /// Asks and reads the whole answer.
  func ask(
    _ message: String, session: UUID? = nil, run: UUID? = nil, parent: UUID? = nil
  ) async throws -> [WireEvent] {
    try await ask(message, session: session, run: run, parent: parent) { try await $0.events() }
  }

  func stop(_ run: UUID) async throws -> Response {
    try await send("POST", "/chat/runs/\(run.uuidString.lowercased())/stop")
  }
}

extension HTTPTestClient.Response {
  func decoded() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
  }
}
