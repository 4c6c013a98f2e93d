internal import CPostgres

/// Reads URLs and connection strings with libpq's own parser.
enum ConnectionString {
  /// - Returns: what the text says, by libpq's keyword; no defaults.
  /// - Throws: ``PostgresError`` of the kind `usage`. libpq's own texts quote the URL or pieces of it, so they are not
  ///   used: a password with an unescaped `/` or `@` ends up in any of them.
  static func parse(_ text: String) throws -> [String: String] {
    guard !text.utf8.contains(0) else { throw invalid("it holds a zero byte") }
    var message: UnsafeMutablePointer<CChar>?
    let options = PQconninfoParse(text, &message)
    PQfreemem(message)
    guard let options else { throw invalid("libpq cannot read it") }
    defer { PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    try check(values)
    return values
  }

  /// libpq takes anything for a host and a port, tries it, and quotes it in its error.
  private static func check(_ values: [String: String]) throws {
    let ports = values["port"]?.split(separator: ",") ?? []
    guard ports.allSatisfy({ UInt16($0) != nil }) else { throw invalid("the port is not a number") }
    let hosts = values["host"]?.split(separator: ",") ?? []
    // A leading @ names a socket in Linux' abstract namespace.
    guard hosts.allSatisfy({ !$0.dropFirst().contains("@") }) else {
      throw invalid("the host holds an @")
    }
  }

  private static func invalid(_ reason: String) -> PostgresError {
    PostgresError(
      .usage(.invalidConfiguration),
      "not a PostgreSQL URL: \(reason); in a URL, write @ / : ? # of a password as %40 %2F %3A %3F %23")
  }
}
