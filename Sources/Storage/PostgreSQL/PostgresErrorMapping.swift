import Graph
import Postgres

/// The one place where what PostgreSQL says becomes a ``StoreError``.
enum PostgresErrorMapping {
  static func run<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch {
      throw map(error)
    }
  }

  /// Cancellation and our own errors pass unchanged.
  static func map(_ error: any Error) -> any Error {
    switch error {
    case is CancellationError, is StoreError, is CheckpointConflict: error
    case let error as PostgresError: map(error)
    default: StoreError(.failed, failure, detail: String(describing: error))
    }
  }

  /// Whether the error is one of a single row or value, which the same statement without it need not fear.
  static func isRefusal(_ error: PostgresError) -> Bool {
    switch error.kind {
    case .usage(.nulInText), .usage(.valueTooLarge): true
    default: error.sqlState.map { ["22", "23", "54"].contains($0.prefix(2)) } ?? false
    }
  }

  private static func map(_ error: PostgresError) -> any Error {
    if case .cancelled = error.kind { return CancellationError() }
    let (code, message) = meaning(of: error)
    // What PostgreSQL calls the detail repeats values of the row, and these are private.
    let detail = [error.sqlState, error.message, error.constraint].compactMap(\.self).joined(separator: ": ")
    return StoreError(code, message, detail: detail)
  }

  private static func meaning(of error: PostgresError) -> (StoreError.Code, String) {
    if let state = error.sqlState, let meaning = meaning(ofState: state) { return meaning }
    if error.isConnectionFailure { return (.unavailable, unreachable) }
    return switch error.kind {
    case .connection: (.unavailable, unreachable)
    case .timeout: (.unavailable, late)
    case .usage(.closed): (.unavailable, "The database is closed.")
    case .usage(.invalidConfiguration):
      (.unavailable, "The address of the database cannot be read. Correct it.")
    case .usage(.nulInText): (.failed, strangeText)
    case .usage(.valueTooLarge): (.failed, tooLarge)
    default: (.failed, failure)
    }
  }

  private static func meaning(ofState state: String) -> (StoreError.Code, String)? {
    switch state {
    case "23503": (.notFound, "What this belongs to is no longer there.")
    case _ where state.hasPrefix("23"): (.conflict, "This is stored already.")
    case "22021", "22P05": (.failed, strangeText)
    case "40001", "40P01", "55P03":
      (.unavailable, "The database is busy with other changes of the same data. Try again.")
    case "53100":
      (.failed, "The database's disk is full, so this could not be saved. Free some space and try again.")
    case "53300":
      (
        .unavailable,
        "The database takes no more connections. Raise its max_connections, or give Rill fewer of them."
      )
    case "57014", "25P03": (.unavailable, late)
    // A standby, or a database that has been set to be read only.
    case "25006", "55000":
      (.unavailable, "The database can only be read. Check that Rill is connected to the primary server.")
    case "42501":
      (.unavailable, "The database user may not do this. Grant it the rights to create and use tables.")
    case "3D000": (.unavailable, "There is no database of this name. Create it, or correct the address.")
    case "3F000":
      (
        .unavailable,
        "The schema of the connection's search path does not exist. Create it, or correct the path."
      )
    case _ where state.hasPrefix("28"):
      (.unavailable, "The database refused the user or the password.")
    case "58030": (.unavailable, "The database's disk reported an error. Check the disk.")
    case "XX001", "XX002": (.unavailable, "The database is damaged. Restore it from a backup.")
    case "54000", "22001", "22003": (.failed, tooLarge)
    default: nil
    }
  }

  private static let unreachable = "The database cannot be reached. Check its address and that it is running."
  private static let strangeText = "This text holds a character that the database cannot keep."
  private static let tooLarge = "This is too large to be stored."
  private static let late = "The database took too long to answer. Try again."
  private static let failure = "The database failed. The log says why."
}
