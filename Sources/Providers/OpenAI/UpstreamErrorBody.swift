/// The `error` object of the OpenAI API, in the shapes that servers give it.
struct UpstreamErrorBody: Sendable, Hashable {
  var message: String?
  var type: String?
  /// A word such as `context_length_exceeded`, or an HTTP status in digits.
  var code: String?

  init() {}

  /// Reads the value of `error`: an object, or with Ollama a string. `null` is no error.
  init?(reading cursor: inout JSONCursor) throws {
    switch try cursor.kind() {
    case .string: message = try cursor.readString()
    case .object:
      try cursor.readObject { cursor, key in
        switch key {
        case "message": message = try cursor.readString()
        case "type": type = try cursor.readString()
        case "code": try readCode(&cursor)
        default: try cursor.skip()
        }
      }
    default:
      try cursor.skip()
      return nil
    }
  }

  /// Finds the error in a response's body, whatever else the body is.
  init?(searching body: [UInt8]) {
    let chunk = body.withUnsafeBytes { try? ChatChunk(parsing: $0) }
    guard let error = chunk?.error else { return nil }
    self = error
  }

  mutating func readCode(_ cursor: inout JSONCursor) throws {
    if try cursor.kind() == .number {
      code = try cursor.readInt().map(String.init)
    } else {
      code = try cursor.readString()
    }
  }

  /// The HTTP status that the error names in place of a real one.
  var status: Int? {
    guard let code, let status = Int(code), (400..<600).contains(status) else { return nil }
    return status
  }

  /// Whether the prompt was too long for the model. Servers have no common code for it, so their words count
  /// too.
  var isContextTooLong: Bool {
    let words = ["context_length_exceeded", "exceed_context_size_error"]
    if [type, code].contains(where: { $0.map(words.contains) ?? false }) { return true }
    guard let message = message?.lowercased() else { return false }
    return [
      "maximum context length", "context length exceeded", "context_length_exceeded",
      "exceeds the available context size", "exceeds the context window", "exceed context window",
      "prompt is too long",
    ].contains { message.contains($0) }
  }
}
