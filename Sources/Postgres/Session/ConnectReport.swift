import Foundation

/// Reads libpq's text about a connection that could not be opened. The text is all that libpq gives, so it is made verbose, and
/// the SQLSTATE is found in "FATAL:  57P03: the database system is starting up".
struct ConnectReport {
  let error: PostgresError

  init(_ text: String, password: String?) {
    var lines = text.split(separator: "\n").map(String.init)
    lines.removeAll { $0.hasPrefix("LOCATION:") }
    var message = lines.joined(separator: "; ")
    var sqlState: String?
    // With several hosts or attempts the last one counts.
    if let report = message.matches(of: /:  ([0-9A-Z]{5}): ([^;]*)/).last {
      sqlState = String(report.1)
      message = String(report.2)
    }
    // libpq does not quote it; should that change, it still stays out of the logs.
    if let password, password.count > 3 { message = message.replacingOccurrences(of: password, with: "…") }
    if message.isEmpty { message = "the database cannot be reached" }
    error = PostgresError(
      sqlState == nil ? .connection : .server, message, sqlState: sqlState, endsConnection: sqlState == nil)
  }
}
