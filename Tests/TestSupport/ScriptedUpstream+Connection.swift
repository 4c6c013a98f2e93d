import NIOCore

/// Cuts a client's bytes into requests: a head, and a body of `content-length` bytes.
struct RequestParser {
  struct Parts {
    var method: String
    var path: String
    var headers: [String: String]
    var body: [UInt8]
  }

  private var bytes: [UInt8] = []

  mutating func append(_ buffer: ByteBuffer) {
    bytes.append(contentsOf: buffer.readableBytesView)
  }

  /// The next whole request, if it has come.
  mutating func next() -> Parts? {
    guard let headEnd = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let words = lines[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    }
    let end = headEnd.upperBound + (headers["content-length"].flatMap { Int($0) } ?? 0)
    guard bytes.count >= end else { return nil }
    defer { bytes.removeFirst(end) }
    return Parts(
      method: String(words[0]), path: String(words[1]), headers: headers,
      body: Array(bytes[headEnd.upperBound..<end]))
  }
}
