import Foundation

/// An event with its place in the log.
struct LoggedEvent: Sendable, Hashable {
  var id: Int
  /// When it happened, since 1970.
  var milliseconds: Int64
  var event: RunEvent
}

/// The stored form of consecutive events: the payload of a ``RunLogBatch``.
///
/// A version byte, then for each event a tag, the milliseconds since the event before it, a length and that many bytes:
/// the text of a token, the JSON of any other event. Numbers are LEB128, signed ones zigzag (the encodings of Protocol
/// Buffers), for a clock may be set back. A token so costs 3 bytes more than its text; its frame on the wire 80.
enum RunLogCodec {
  struct Unreadable: Error, CustomStringConvertible {
    var description: String
  }

  private static let version: UInt8 = 1
  private enum Tag: UInt8 {
    case token = 0
    case event = 1
  }

  /// - Parameter events: at least one, without a gap between the ids.
  static func encode(_ events: [LoggedEvent]) throws -> Data {
    var bytes: [UInt8] = [version]
    let encoder = JSONEncoder()
    var time: Int64 = 0
    for logged in events {
      switch logged.event {
      case .token(let text):
        append(.token, logged.milliseconds - time, length: text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
      default:
        let json = try encoder.encode(logged.event)
        append(.event, logged.milliseconds - time, length: json.count, to: &bytes)
        bytes.append(contentsOf: json)
      }
      time = logged.milliseconds
    }
    return Data(bytes)
  }

  /// - Parameter firstID: the id of the first event in the payload.
  /// - Throws: ``Unreadable`` for what a newer version wrote or a broken disk gave back.
  static func decode(_ payload: Data, firstID: Int) throws -> [LoggedEvent] {
    var reader = Reader(bytes: payload[...])
    guard try reader.byte() == version else { throw Unreadable(description: "Unknown version") }
    let decoder = JSONDecoder()
    var events: [LoggedEvent] = []
    var time: Int64 = 0
    while !reader.isAtEnd {
      guard let tag = Tag(rawValue: try reader.byte()) else { throw Unreadable(description: "Unknown tag") }
      let (changed, overflow) = time.addingReportingOverflow(Reader.signed(try reader.number()))
      guard !overflow else { throw Unreadable(description: "Impossible time") }
      time = changed
      let body = try reader.bytes(count: try reader.number())
      let event: RunEvent =
        switch tag {
        case .token: .token(String(decoding: body, as: UTF8.self))
        case .event: try decoder.decode(RunEvent.self, from: body)
        }
      events.append(LoggedEvent(id: firstID + events.count, milliseconds: time, event: event))
    }
    return events
  }

  private static func append(_ tag: Tag, _ elapsed: Int64, length: Int, to bytes: inout [UInt8]) {
    bytes.append(tag.rawValue)
    append(UInt64(bitPattern: (elapsed << 1) ^ (elapsed >> 63)), to: &bytes)
    append(UInt64(length), to: &bytes)
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private struct Reader {
    var bytes: Data.SubSequence

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func byte() throws -> UInt8 {
      guard let byte = bytes.popFirst() else { throw Unreadable(description: "It ends too early") }
      return byte
    }

    mutating func number() throws -> UInt64 {
      var number: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        let byte = try byte()
        number |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return number }
      }
      throw Unreadable(description: "A number is too long")
    }

    mutating func bytes(count: UInt64) throws -> Data {
      guard count <= UInt64(bytes.count) else { throw Unreadable(description: "It ends too early") }
      defer { bytes = bytes.dropFirst(Int(count)) }
      return bytes.prefix(Int(count))
    }

    static func signed(_ number: UInt64) -> Int64 {
      Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }
  }
}
