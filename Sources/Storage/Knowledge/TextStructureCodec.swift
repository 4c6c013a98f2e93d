import Foundation
import Graph

/// What an ``ExtractedText`` holds beside its text, as a few bytes for each block.
///
/// Numbers are variable-length (LEB128); a place is written as its distance from the one before, so most take one byte.
enum TextStructureCodec {
  private static let version: UInt8 = 1

  static func encode(_ text: ExtractedText) -> Data {
    var writer = CompactWriter()
    writer.bytes.append(version)
    writer.append(text.title == nil ? 0 : 1)
    if let title = text.title { writer.append(title) }
    writer.append(ranges: text.pages)
    writer.append(text.blocks.count)
    for block in text.blocks {
      writer.append(code(of: block.kind))
      if case .heading(let level, let title) = block.kind {
        writer.append(level)
        writer.append(title)
      }
    }
    writer.append(ranges: text.blocks.map(\.range))
    return Data(writer.bytes)
  }

  /// - Throws: ``StoreError`` when the bytes are not from ``encode(_:)``.
  static func decode(_ data: Data, text: String) throws -> ExtractedText {
    var reader = CompactReader(bytes: Array(data))
    guard try reader.byte() == version else { throw StoredValues.unreadable("structure of a text") }
    let title = try reader.integer() == 0 ? nil : try reader.string()
    let pages = try reader.ranges()
    var kinds: [TextBlock.Kind] = []
    for _ in 0..<(try reader.count()) { kinds.append(try kind(from: &reader)) }
    let ranges = try reader.ranges()
    guard ranges.count == kinds.count else { throw StoredValues.unreadable("structure of a text") }
    let blocks = zip(kinds, ranges).map { TextBlock(kind: $0, range: $1) }
    return ExtractedText(title: title, text: text, blocks: blocks, pages: pages)
  }

  private static func code(of kind: TextBlock.Kind) -> Int {
    switch kind {
    case .heading: 0
    case .paragraph: 1
    case .listItem: 2
    case .quote: 3
    case .table: 4
    case .code: 5
    case .other: 6
    }
  }

  private static func kind(from reader: inout CompactReader) throws -> TextBlock.Kind {
    switch try reader.integer() {
    case 0: .heading(level: try reader.integer(), title: try reader.string())
    case 1: .paragraph
    case 2: .listItem
    case 3: .quote
    case 4: .table
    case 5: .code
    case 6: .other
    default: throw StoredValues.unreadable("structure of a text")
    }
  }
}

/// Writes numbers and strings in as few bytes as they need.
struct CompactWriter {
  var bytes: [UInt8] = []

  /// Small numbers of either sign are short (zigzag).
  mutating func append(_ value: Int) {
    var rest = UInt64(bitPattern: Int64((value << 1) ^ (value >> (Int.bitWidth - 1))))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(ranges: [Range<Int>]) {
    append(ranges.count)
    var end = 0
    for range in ranges {
      append(range.lowerBound - end)
      append(range.count)
      end = range.upperBound
    }
  }
}

/// Reads what a ``CompactWriter`` wrote; anything else is an error, never a crash.
struct CompactReader {
  let bytes: [UInt8]
  private var index = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func byte() throws -> UInt8 {
    guard index < bytes.count else { throw StoredValues.unreadable("number") }
    defer { index += 1 }
    return bytes[index]
  }

  mutating func integer() throws -> Int {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 {
        return Int(truncatingIfNeeded: Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
      }
    }
    throw StoredValues.unreadable("number")
  }

  /// The length of what follows, each part of which takes at least a byte.
  mutating func count() throws -> Int {
    let count = try integer()
    guard count >= 0, count <= bytes.count - index else { throw StoredValues.unreadable("number") }
    return count
  }

  mutating func string() throws -> String {
    let count = try count()
    defer { index += count }
    return String(decoding: bytes[index..<(index + count)], as: UTF8.self)
  }

  mutating func ranges() throws -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var end = 0
    for _ in 0..<(try count()) {
      let (start, isFar) = end.addingReportingOverflow(try integer())
      let (stop, isFarther) = start.addingReportingOverflow(try integer())
      guard !isFar, !isFarther, 0 <= start, start <= stop else { throw StoredValues.unreadable("place") }
      ranges.append(start..<stop)
      end = stop
    }
    return ranges
  }
}
