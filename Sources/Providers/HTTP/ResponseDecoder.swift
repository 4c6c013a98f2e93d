/// Turns the bytes of one response into what the awaiting task wants.
///
/// A decoder runs on the transport's thread, on the bytes where libcurl put them, so it must not block.
protocol ResponseDecoder: Sendable {
  associatedtype Element: Sendable

  /// Whether everything of interest has come; what follows is not waited for.
  var isComplete: Bool { get }

  /// Called once, before any byte of the body.
  mutating func receive(_ head: HTTPResponseHead, into batch: inout [Element]) throws

  /// - Parameter bytes: the next piece of the body, valid only during the call.
  mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [Element]) throws

  /// Called once at the end, unless the decoder has thrown or is complete.
  /// - Parameter error: why the response ended too soon; `nil` when it is whole.
  mutating func finish(_ error: HTTPTransportError?, into batch: inout [Element]) throws
}

/// Collects a small body as a whole.
struct BodyCollector: ResponseDecoder {
  /// The longest body that is accepted, in bytes.
  let limit: Int
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  init(limit: Int) {
    self.limit = limit
  }

  var isComplete: Bool { false }

  mutating func receive(_ head: HTTPResponseHead, into batch: inout [HTTPResponse]) {
    self.head = head
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [HTTPResponse]) throws {
    guard body.count + bytes.count <= limit else {
      throw HTTPTransportError(kind: .brokenOff, detail: "the body is longer than \(limit) bytes")
    }
    body.append(contentsOf: bytes)
  }

  mutating func finish(_ error: HTTPTransportError?, into batch: inout [HTTPResponse]) throws {
    if let error { throw error }
    guard let head else { throw HTTPTransportError(kind: .brokenOff, detail: "no response head") }
    batch.append(HTTPResponse(head: head, body: body))
  }
}
