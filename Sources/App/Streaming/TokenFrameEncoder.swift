import NIOCore

/// Writes the frame of a token: most of what is ever sent, so it is put together byte by byte in one piece of memory
/// instead of with ``JSONWriter``. Both write the same; a test compares them.
enum TokenFrameEncoder {
  private static let head: StaticString = "id: "
  private static let content: StaticString = "\ndata: {\"type\":\"token\",\"content\":\""
  private static let timestamp: StaticString = "\",\"timestamp\":\""
  private static let end: StaticString = "\"}\n\n"
  /// Bytes of a frame beside the token's text, with an id of 20 digits.
  private static let fixedLength =
    head.utf8CodeUnitCount + 20 + content.utf8CodeUnitCount + timestamp.utf8CodeUnitCount
    + WireTimestamp.length + end.utf8CodeUnitCount

  /// - Parameters:
  ///   - text: UTF-8.
  ///   - id: the event's sequence number in its run.
  ///   - milliseconds: when it happened, since 1970.
  static func append(
    _ text: UnsafeBufferPointer<UInt8>, id: Int, milliseconds: Int64, to buffer: inout ByteBuffer
  ) {
    let length = fixedLength + JSONEscaping.escapedLength(of: text)
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { memory in
      var writer = ByteWriter(memory)
      writer.write(head)
      writer.write(decimal: id)
      writer.write(content)
      writer.write(escaping: text)
      writer.write(Self.timestamp)
      writer.write(timestamp: milliseconds)
      writer.write(end)
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
