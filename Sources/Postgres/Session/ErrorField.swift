internal import CPostgres

/// The parts of the server's error report that are kept, by their letter in the protocol.
enum ErrorField: UInt8, CaseIterable {
  case detail = 0x44, hint = 0x48, schema = 0x73, table = 0x74, column = 0x63, constraint = 0x6e
  case position = 0x50, routine = 0x52

  /// SQLSTATE and the text.
  private static let sqlState = Int32(UInt8(ascii: "C"))
  private static let message = Int32(UInt8(ascii: "M"))

  fileprivate static func text(_ result: OpaquePointer, _ code: Int32) -> String? {
    PQresultErrorField(result, code).map { String(cString: $0) }
  }

  /// What the server says in an error or a notice.
  static func report(_ result: OpaquePointer) -> (sqlState: String?, message: String) {
    let message = text(result, message) ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
    return (text(result, sqlState), message.trimmed)
  }
}

extension PostgresError {
  /// The error that a result reports.
  init(result: OpaquePointer) {
    let (sqlState, message) = ErrorField.report(result)
    var fields: [ErrorField: String] = [:]
    for field in ErrorField.allCases {
      fields[field] = ErrorField.text(result, Int32(field.rawValue))
    }
    self.init(
      kind: sqlState == nil ? .connection : .server, sqlState: sqlState, message: message, fields: fields)
  }
}

extension String {
  /// libpq ends its texts with a line feed.
  var trimmed: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
