import NIOCore

/// Whole frames of an event stream, with the marks of HTTP's chunked coding (RFC 9112, section 7.1) already around them:
/// they are encoded once, however many connections they go to, and leave each with one write.
struct EventFrames: Sendable {
  /// Bytes before the frames for the length of the chunk: eight hexadecimal digits and a line break.
  private static let headroom = 10

  /// The chunk as it stands on the wire.
  let httpChunk: ByteBuffer
  /// Bytes of the frames alone.
  let byteCount: Int

  /// - Parameters:
  ///   - capacity: about how many bytes come, so that the buffer need not grow.
  ///   - write: appends frames, at least one.
  init(capacity: Int = 256, _ write: (inout ByteBuffer) -> Void) {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(Self.headroom + capacity + 2)
    buffer.moveWriterIndex(to: Self.headroom)
    buffer.moveReaderIndex(to: Self.headroom)
    write(&buffer)
    byteCount = buffer.readableBytes
    buffer.moveReaderIndex(to: Self.writeLength(byteCount, before: Self.headroom, in: &buffer))
    buffer.writeStaticString("\r\n")
    httpChunk = buffer
  }

  /// Writes the length of a chunk so that it ends where the chunk begins.
  /// - Returns: where it begins.
  private static func writeLength(_ length: Int, before end: Int, in buffer: inout ByteBuffer) -> Int {
    var index = end - 2
    _ = buffer.setStaticString("\r\n", at: index)
    var rest = length
    repeat {
      index -= 1
      let digit = UInt8(truncatingIfNeeded: rest & 0xF)
      buffer.setInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10, at: index)
      rest >>= 4
    } while rest > 0
    return index
  }
}
