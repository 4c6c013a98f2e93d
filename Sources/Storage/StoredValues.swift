import Foundation
import Graph

/// How values stand in columns, the same in every database.
enum StoredValues {
  /// Ids are lower-case text, as on the wire.
  static func text(_ id: UUID) -> String { id.uuidString.lowercased() }

  /// Times are whole milliseconds since 1970, the precision of the wire.
  static func milliseconds(_ date: Date) -> Int64 {
    Int64((date.timeIntervalSince1970 * 1_000).rounded())
  }

  static func date(milliseconds: Int64) -> Date {
    Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, json: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(json.utf8))
    } catch {
      throw unreadable(String(describing: type))
    }
  }

  /// A list of strings. Nearly all of them are plain, and reading those by hand takes a tenth of the time.
  static func strings(json: String) throws -> [String] {
    let bytes = json.utf8
    if json == "[]" { return [] }
    guard bytes.count > 4, bytes.starts(with: #"[""#.utf8), bytes.suffix(2).elementsEqual(#""]"#.utf8),
      !bytes.contains(UInt8(ascii: "\\"))
    else { return try value([String].self, json: json) }
    let strings = json.dropFirst(2).dropLast(2).components(separatedBy: #"",""#)
    // Without a backslash each quote is the end of a string or the start of one.
    guard !strings.contains(where: { $0.utf8.contains(UInt8(ascii: "\"")) }) else {
      return try value([String].self, json: json)
    }
    return strings
  }

  static func id(_ text: String) throws -> UUID {
    guard let id = UUID(uuidString: text) else { throw unreadable("id") }
    return id
  }

  /// A row that this version cannot have written.
  static func unreadable(_ what: String) -> StoreError {
    StoreError(
      .failed, "Something stored cannot be read. The data may have been changed by another program.",
      detail: "unreadable \(what)")
  }
}
