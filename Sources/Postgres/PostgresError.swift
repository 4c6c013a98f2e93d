/// What went wrong between Rill and PostgreSQL.
///
/// ``description`` and ``message`` are for logs: they never hold the password. The server's ``detail`` often quotes
/// stored values ("Key (name)=(…) already exists"), so ``description`` leaves it out.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The sort of the failure.
  public enum Kind: Sendable, Hashable {
    /// The server refused or failed a statement; ``PostgresError/sqlState`` says why.
    case server
    /// There is no connection, or it broke.
    case connection
    /// A statement, the opening of a connection or the wait for a free one took longer than it may.
    case timeout
    /// Somebody else cancelled the statement on the server. A call whose own task is cancelled throws
    /// `CancellationError`.
    case cancelled
    /// The caller asked for something that cannot be done; nothing was sent.
    case usage(Usage)
    /// A value of a result is not what the caller asked for.
    case decoding
  }

  /// What the caller did.
  public enum Usage: Sendable, Hashable {
    case invalidConfiguration
    /// A statement takes 65,535 parameters at the most.
    case tooManyParameters
    /// PostgreSQL's text cannot hold the character U+0000.
    case nulInText
    /// A parameter is larger than a message of the protocol can be.
    case valueTooLarge
    /// A value cannot be written as the type that was named for its column.
    case typeMismatch
    /// Two tasks used one connection at the same time.
    case connectionInUse
    /// The connection was used after the call that lent it had returned.
    case connectionReturned
    /// The client has been closed.
    case closed
    /// The statement copies and must be run with ``PostgresConnection/copyIn(_:columns:rows:)`` or
    /// ``PostgresConnection/copyOut(_:columns:_:)``, or those were given one that does not copy in binary.
    case copy
    /// A statement failed, the body went on as if it had not, and so the transaction could not be committed.
    case failedTransaction
  }

  public internal(set) var kind: Kind
  /// Five characters that name the server's error, "23505" for a duplicate key; `nil` when it is not the server's.
  public let sqlState: String?
  public let message: String
  public let detail: String?
  public let hint: String?
  public let schema: String?
  public let table: String?
  public let column: String?
  public let constraint: String?
  /// Where in the statement's text the error is, in characters from 1.
  public let position: Int?
  /// Whether the statement may have taken effect though nobody said so: the connection was lost after it was sent.
  public internal(set) var outcomeIsUnknown: Bool
  /// Whether the connection is gone.
  var endsConnection: Bool
  /// Whether the connection was found broken before the statement was sent, so that another one can be tried.
  var isUnsent = false
  /// The function of the server that raised the error; names a plan that no longer fits.
  let routine: String?

  init(
    _ kind: Kind, _ message: String, sqlState: String? = nil, outcomeIsUnknown: Bool = false,
    endsConnection: Bool = false
  ) {
    self.init(
      kind: kind, sqlState: sqlState, message: message, fields: [:], outcomeIsUnknown: outcomeIsUnknown,
      endsConnection: endsConnection)
  }

  init(
    kind: Kind, sqlState: String?, message: String, fields: [ErrorField: String],
    outcomeIsUnknown: Bool = false, endsConnection: Bool = false
  ) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.outcomeIsUnknown = outcomeIsUnknown
    self.endsConnection = endsConnection
    detail = fields[.detail]
    hint = fields[.hint]
    schema = fields[.schema]
    table = fields[.table]
    column = fields[.column]
    constraint = fields[.constraint]
    position = fields[.position].flatMap { Int($0) }
    routine = fields[.routine]
  }

  public var description: String {
    var text = sqlState.map { "\($0): \(message)" } ?? message
    if let constraint { text += " (constraint \(constraint))" }
    return text
  }
}

extension PostgresError {
  /// Whether there was no usable connection to the server: it could not be reached, broke off, is starting or
  /// stopping, or fell silent. The same call may succeed later.
  public var isConnectionFailure: Bool {
    if kind == .connection || endsConnection { return true }
    return sqlState.map { $0.hasPrefix("08") || Self.unavailableStates.contains($0) } ?? false
  }

  /// Whether the transaction lost against others that ran at the same time, and shall be run again from its beginning.
  public var isRetryable: Bool {
    sqlState == "40001" || sqlState == "40P01"
  }

  /// too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now.
  private static let unavailableStates: Set<String> = ["53300", "57P01", "57P02", "57P03"]

  /// Whether the connection is gone, and the server has not done, for certain, what it was asked to do.
  var leavesNothing: Bool {
    endsConnection && !outcomeIsUnknown
  }

  /// Whether the server no longer knows a prepared statement, or its result would have other columns than before.
  var meansStaleStatement: Bool {
    sqlState == "26000" || (sqlState == "0A000" && routine == "RevalidateCachedQuery")
  }
}
