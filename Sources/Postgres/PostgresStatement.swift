/// A statement and its parameters.
public struct PostgresStatement: Sendable, Hashable {
  /// The text, with `$1`, `$2` … for the parameters.
  public var sql: String
  public var parameters: [PostgresValue]

  public init(_ sql: String, _ parameters: [PostgresValue] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}

/// What becomes of a call whose task is cancelled.
public enum PostgresCancellation: Sendable, Hashable {
  /// The statement is cancelled on the server, and the call throws `CancellationError`, unless the statement had
  /// finished before. Nothing is sent any more by a task that is cancelled already.
  case cancelsQuery
  /// The call does what it would do without the cancellation, the wait for a connection included. For writes that
  /// have begun.
  case carriesThrough
}

/// How much a transaction sees of others that run at the same time.
public enum PostgresIsolation: String, Sendable, Hashable {
  case readCommitted = "READ COMMITTED"
  case repeatableRead = "REPEATABLE READ"
  case serializable = "SERIALIZABLE"
}
