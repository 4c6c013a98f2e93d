/// Reads an event stream by the WHATWG specification, in pieces of any size.
///
/// Line ends may be LF, CR or CRLF, and a piece may end anywhere: inside a character, between CR and LF,
/// inside the byte order mark. What it reports does not depend on where the pieces end. Lines that lie within
/// one piece are read where they are; only a line that was cut is copied.
///
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
struct EventStreamParser {
  /// What a stream is made of.
  enum Item {
    case event(EventStreamFrame)
    /// A line that starts with a colon: servers send it to show that they are alive.
    case comment
    /// How long to wait before connecting again.
    case retry(milliseconds: Int)
  }

  /// The longest line, and the longest data of one event, in bytes.
  let limit: Int

  private var pendingLine: [UInt8] = []
  private var data: [UInt8] = []
  private var type: [UInt8] = []
  private var lastEventID = ""
  private var skipsLineFeed = false
  /// How many bytes of the byte order mark the stream has begun with; `nil` once that is decided.
  private var matchedMark: Int? = 0

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
  /// Buffers above this size are given back after use, so that one long event does not cost memory for ever.
  private static let keptCapacity = 16 * 1024

  init(limit: Int = 1 << 20) {
    self.limit = limit
  }

  /// Reads the next piece.
  ///
  /// - Throws: ``EventStreamError`` when a line or an event is too long, or what `receive` threw. The parser
  ///   must not be used afterwards.
  mutating func parse(_ bytes: UnsafeRawBufferPointer, receive: (Item) throws -> Void) throws {
    var position = skipByteOrderMark(bytes)
    while position < bytes.count {
      if skipsLineFeed {
        skipsLineFeed = false
        if bytes[position] == .lineFeed {
          position += 1
          continue
        }
      }
      let end = bytes.endOfLine(from: position)
      if end == bytes.count { return try append(bytes[position...]) }
      try finishLine(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), receive: receive)
      skipsLineFeed = bytes[end] == .carriageReturn
      position = end + 1
    }
  }

  private mutating func skipByteOrderMark(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard var matched = matchedMark else { return 0 }
    var position = 0
    while position < bytes.count {
      guard bytes[position] == Self.byteOrderMark[matched] else {
        pendingLine.append(contentsOf: Self.byteOrderMark[..<matched])
        matchedMark = nil
        return position
      }
      position += 1
      matched += 1
      if matched == Self.byteOrderMark.count {
        matchedMark = nil
        return position
      }
    }
    matchedMark = matched
    return position
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws {
    guard pendingLine.count + bytes.count <= limit else { throw EventStreamError.tooLong(limit: limit) }
    pendingLine.append(contentsOf: bytes)
  }

  private mutating func finishLine(_ line: UnsafeRawBufferPointer, receive: (Item) throws -> Void) throws {
    guard pendingLine.count + line.count <= limit else { throw EventStreamError.tooLong(limit: limit) }
    if pendingLine.isEmpty { return try interpret(line, receive: receive) }
    var whole: [UInt8] = []
    swap(&whole, &pendingLine)
    whole.append(contentsOf: line)
    try whole.withUnsafeBytes { try interpret($0, receive: receive) }
    if whole.capacity <= Self.keptCapacity {
      whole.removeAll(keepingCapacity: true)
      pendingLine = whole
    }
  }

  private mutating func interpret(_ line: UnsafeRawBufferPointer, receive: (Item) throws -> Void) throws {
    if line.isEmpty { return try dispatch(receive: receive) }
    guard let colon = line.position(of: .colon) else {
      return try field(line, value: UnsafeRawBufferPointer(rebasing: line[line.count...]), receive: receive)
    }
    if colon == 0 { return try receive(.comment) }
    var start = colon + 1
    if start < line.count, line[start] == .space { start += 1 }
    try field(
      UnsafeRawBufferPointer(rebasing: line[..<colon]),
      value: UnsafeRawBufferPointer(rebasing: line[start...]), receive: receive)
  }

  private mutating func field(
    _ name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, receive: (Item) throws -> Void
  ) throws {
    if name.spells("data") {
      guard data.count + value.count < limit else { throw EventStreamError.tooLong(limit: limit) }
      data.append(contentsOf: value)
      data.append(.lineFeed)
    } else if name.spells("event") {
      type.removeAll(keepingCapacity: true)
      type.append(contentsOf: value)
    } else if name.spells("id") {
      if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
    } else if name.spells("retry"), !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }),
      let milliseconds = Int(String(decoding: value, as: UTF8.self))
    {
      try receive(.retry(milliseconds: milliseconds))
    }
  }

  private mutating func dispatch(receive: (Item) throws -> Void) throws {
    defer { type.removeAll(keepingCapacity: true) }
    guard !data.isEmpty else { return }
    var whole: [UInt8] = []
    swap(&whole, &data)
    try whole.withUnsafeBytes { bytes in
      let text = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 1)])
      try receive(
        .event(
          EventStreamFrame(
            type: type.isEmpty ? "message" : String(decoding: type, as: UTF8.self), id: lastEventID,
            data: text)))
    }
    if whole.capacity <= Self.keptCapacity {
      whole.removeAll(keepingCapacity: true)
      data = whole
    }
  }
}

/// One event of a stream, valid only while it is being received.
struct EventStreamFrame {
  /// `message` when the stream did not say.
  let type: String
  /// The last id that the stream sent, or an empty string.
  let id: String
  /// The data lines, joined by line feeds. Not necessarily valid UTF-8.
  let data: UnsafeRawBufferPointer
}

/// Why an event stream cannot be read any further.
enum EventStreamError: Error, Hashable, CustomStringConvertible {
  /// A line or an event is longer than this many bytes.
  case tooLong(limit: Int)

  var description: String {
    switch self {
    case .tooLong(let limit): "a line or an event of the stream is longer than \(limit) bytes"
    }
  }
}

extension UInt8 {
  fileprivate static let lineFeed: UInt8 = 0x0A
  fileprivate static let carriageReturn: UInt8 = 0x0D
  fileprivate static let space: UInt8 = 0x20
  fileprivate static let colon: UInt8 = 0x3A
}

// Plain loops: this is done for every byte that a model sends.
extension UnsafeRawBufferPointer {
  /// - Returns: where the line ends that goes on at a position; ``count`` when it does not end.
  fileprivate func endOfLine(from position: Int) -> Int {
    var end = position
    while end < count, self[end] != .lineFeed, self[end] != .carriageReturn { end += 1 }
    return end
  }

  fileprivate func position(of byte: UInt8) -> Int? {
    var position = 0
    while position < count {
      if self[position] == byte { return position }
      position += 1
    }
    return nil
  }

  fileprivate func spells(_ name: StaticString) -> Bool {
    guard count == name.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] != name.utf8Start[index] { return false }
    return true
  }
}
