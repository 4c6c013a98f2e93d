import GRDB
import Graph

/// The one place where what SQLite says becomes a ``StoreError``.
enum SQLiteErrorMapping {
  static func run<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw map(error)
    }
  }

  /// Cancellation and our own errors pass unchanged.
  static func map(_ error: any Error) -> any Error {
    switch error {
    case is CancellationError, is StoreError: error
    case let error as DatabaseError: map(error)
    default: StoreError(.failed, failure, detail: String(describing: error))
    }
  }

  /// The error as one of a single row or value, which the next statement of the transaction need not fear; `nil` when
  /// it is one of the database itself, such as a full disk.
  static func refusal(_ error: any Error) -> StoreError? {
    switch error {
    case let error as StoreError: error
    case let error as DatabaseError
    where [.SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH].contains(error.resultCode): map(error)
    case is DatabaseError, is CancellationError: nil
    default: StoreError(.failed, failure, detail: String(describing: error))
    }
  }

  private static func map(_ error: DatabaseError) -> StoreError {
    let detail = "\(error.extendedResultCode): \(error.message ?? "no message")"
    let (code, message): (StoreError.Code, String) =
      switch error.resultCode {
      case .SQLITE_FULL:
        (.failed, "The disk is full, so this could not be saved. Free some space and try again.")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        (.unavailable, "The database cannot be written. Check the permissions of the data folder.")
      case .SQLITE_CANTOPEN:
        (.unavailable, "The database cannot be opened. Check that the data folder exists and can be written.")
      case .SQLITE_CORRUPT, .SQLITE_NOTADB:
        (
          .unavailable,
          "The database file is damaged. Restore it from a backup, or move it away to start anew."
        )
      case .SQLITE_IOERR:
        (.unavailable, "The disk reported an error while the database was used. Check the disk.")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        (.unavailable, "Another program is holding the database. Close it and try again.")
      case .SQLITE_TOOBIG:
        (.failed, "This is too large to be stored.")
      case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY:
        (.notFound, "What this belongs to is no longer there.")
      case .SQLITE_CONSTRAINT:
        (.conflict, "This is stored already.")
      case .SQLITE_MISUSE:
        (.unavailable, "The database is closed.")
      default:
        (.failed, failure)
      }
    return StoreError(code, message, detail: detail)
  }

  private static let failure = "The database failed. The log says why."
}
