import NIOCore

/// Writes the frame of a token: most of what is ever sent, so it is put together byte by byte in one piece of memory
/// instead of with ``JSONWriter``. Both write the same; a test compares them.
enum TokenFrameEncoder {
  /// Bytes of a frame beside the token's text and its id.
  private static let frame:
    (head: StaticString, content: StaticString, timestamp: StaticString, end: StaticString) =
      ("id: ", "\ndata: {\"type\":\"token\",\"content\":\"", "\",\"timestamp\":\"", "\"}\n\n")

  /// - Parameters:
  ///   - text: UTF-8.
  ///   - id: the event's sequence number in its run.
  ///   - milliseconds: when it happened, since 1970.
  static func append(
    _ text: UnsafeBufferPointer<UInt8>, id: Int, milliseconds: Int64, to buffer: inout ByteBuffer
  ) {
    let length =
      [frame.head, frame.content, frame.timestamp, frame.end].reduce(0) { $0 + $1.utf8CodeUnitCount }
      + 20 + JSONEscaping.escapedLength(of: text) + WireTimestamp.length
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
      var writer = ByteWriter(memory)
      writer.write(frame.head)
      writer.write(decimal: id)
      writer.write(frame.content)
      writer.write(escaping: text)
      writer.write(frame.timestamp)
      writer.write(timestamp: milliseconds)
      writer.write(frame.end)
      return writer.count
    }
  }
}

/// Writes into memory that is large enough.
private struct ByteWriter {
  private let start: UnsafeMutablePointer<UInt8>
  private(set) var count = 0

  init(_ memory: UnsafeMutableRawBufferPointer) {
    // Frames are never empty, so there is memory.
    start = memory.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped
  }

  mutating func write(_ text: StaticString) {
    (start + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  /// - Parameter number: not negative.
  mutating func write(decimal number: Int) {
    var digits = 1
    var rest = number / 10
    while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
    rest = number
    for index in (0..<digits).reversed() {
      start[count + index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += digits
  }

  mutating func write(timestamp milliseconds: Int64) {
    WireTimestamp.write(milliseconds: milliseconds, to: start + count)
    count += WireTimestamp.length
  }

  mutating func write(escaping text: UnsafeBufferPointer<UInt8>) {
    for byte in text {
      if JSONEscaping.isPlain(byte) {
        start[count] = byte
        count += 1
      } else {
        count += JSONEscaping.write(byte, to: start + count)
      }
    }
  }
}
