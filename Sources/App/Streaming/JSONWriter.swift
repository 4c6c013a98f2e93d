import Foundation
import NIOCore

/// Appends JSON to a buffer without intermediate values.
///
/// Events are encoded once per event and stream, tokens many times per second, so this writes bytes in place;
/// `JSONEncoder` builds a tree first. Keys are constants of ours and need no escaping.
struct JSONWriter {
  private(set) var buffer: ByteBuffer
  private var needsComma = false

  init(into buffer: ByteBuffer) {
    self.buffer = buffer
  }

  mutating func object(_ body: (inout JSONWriter) -> Void) {
    open("{")
    body(&self)
    close("}")
  }

  mutating func object(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    self.key(key)
    object(body)
  }

  mutating func array<Element>(
    _ key: StaticString, _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
  ) {
    self.key(key)
    open("[")
    for element in elements { body(&self, element) }
    close("]")
  }

  mutating func field(_ key: StaticString, _ value: String) {
    self.key(key)
    string(value)
  }

  mutating func field(_ key: StaticString, _ value: Int) {
    self.key(key)
    separate()
    buffer.writeString(String(value))
  }

  mutating func field(_ key: StaticString, _ value: Bool) {
    self.key(key)
    separate()
    buffer.writeString(value ? "true" : "false")
  }

  mutating func field(_ key: StaticString, _ value: UUID) {
    field(key, value.wireString)
  }

  /// Writes milliseconds with three decimals at the most; a number that JSON cannot hold becomes 0.
  /// - Parameter scale: a power of ten, 1,000,000 for scores.
  mutating func field(_ key: StaticString, _ value: Double, scale: Double = 1_000) {
    self.key(key)
    separate()
    let rounded = (value * scale).rounded() / scale
    guard rounded.isFinite, abs(rounded) < 1e15 else {
      buffer.writeString("0")
      return
    }
    buffer.writeString(
      rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded))
  }

  mutating func null(_ key: StaticString) {
    self.key(key)
    separate()
    buffer.writeString("null")
  }

  // MARK: Pieces

  private mutating func key(_ key: StaticString) {
    separate()
    buffer.writeInteger(UInt8(ascii: "\""))
    key.withUTF8Buffer { _ = buffer.writeBytes($0) }
    buffer.writeString("\":")
    needsComma = false
  }

  private mutating func open(_ bracket: Unicode.Scalar) {
    separate()
    buffer.writeInteger(UInt8(ascii: bracket))
    needsComma = false
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    buffer.writeInteger(UInt8(ascii: bracket))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// A JSON string (RFC 8259, section 7). Text without quotes, backslashes and controls, the usual token, is copied
  /// in one piece.
  mutating func string(_ value: String) {
    separate()
    var value = value
    value.withUTF8 { bytes in
      buffer.writeInteger(UInt8(ascii: "\""))
      writeEscaped(bytes)
      buffer.writeInteger(UInt8(ascii: "\""))
    }
  }

  private mutating func writeEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
    var start = 0
    for index in bytes.indices {
      let byte = bytes[index]
      guard !JSONEscaping.isPlain(byte) else { continue }
      buffer.writeBytes(UnsafeBufferPointer(rebasing: bytes[start..<index]))
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 6) { memory in
        // There are six bytes, so there is an address.
        JSONEscaping.write(byte, to: memory.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped)
      }
      start = index + 1
    }
    buffer.writeBytes(UnsafeBufferPointer(rebasing: bytes[start...]))
  }
}

extension UUID {
  /// Lower case, as ids stand on the wire.
  var wireString: String { uuidString.lowercased() }
}
