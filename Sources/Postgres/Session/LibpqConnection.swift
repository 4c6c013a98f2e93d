internal import CPostgres
import Logging

/// A `PGconn` on its way from the thread that made it to the queue that uses it.
///
/// `@unchecked`: one of the two holds it at any time.
struct LibpqConnection: @unchecked Sendable {
  let pointer: OpaquePointer

  /// Looks up names, which may block for as long as the name server is silent, and begins to connect.
  init?(_ parameters: [String: String]) {
    let pairs = parameters.map { ($0, $1) }
    let pointer = withCStrings(pairs.map(\.0)) { keywords in
      withCStrings(pairs.map(\.1)) { values in PQconnectStartParams(keywords, values, 0) }
    }
    guard let pointer else { return nil }
    self.pointer = pointer
  }

  func finish() {
    PQfinish(pointer)
  }
}

/// Calls with a list of C strings that ends with a null pointer.
private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(bytes.count)
    bytes.append(contentsOf: string.utf8CString)
  }
  return bytes.withUnsafeBufferPointer { buffer in
    body(offsets.map { buffer.baseAddress?.advanced(by: $0) } + [nil])
  }
}

/// Sends a connection's notices and warnings to the log; libpq would write them to standard error.
final class NoticeLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Lives as long as the connection: call `release` when that is finished.
  func attach(to connection: OpaquePointer) -> Unmanaged<NoticeLog> {
    let retained = Unmanaged.passRetained(self)
    let receiver: PQnoticeReceiver = { context, result in
      guard let context, let result else { return }
      Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().log(result)
    }
    PQsetNoticeReceiver(connection, receiver, retained.toOpaque())
    return retained
  }

  private func log(_ result: OpaquePointer) {
    let (sqlState, message) = ErrorField.report(result)
    logger.debug(
      "notice from the database",
      metadata: ["postgres.sqlstate": "\(sqlState ?? "")", "postgres.message": "\(message)"])
  }
}
