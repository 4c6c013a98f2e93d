public import Foundation
import Graph

/// Keeps a second server away from a data folder.
///
/// A server takes every run that it finds unfinished at its start for one that a dead process left behind. Were another
/// one alive, its runs would be ended under its hands. The system gives the lock up when the process ends, however it does.
public enum DataFolderLock {
  /// The name of the locked file in the data folder. It stays there: the lock is not the file's existence.
  static let fileName = "rill.lock"

  /// Runs `body` while this process alone may serve from the folder, which exists.
  /// - Parameter whenTaken: asked each time that another process is found to hold the lock, whether to try again; it may
  ///   wait before it answers, for a server that is being replaced takes a while to end.
  /// - Throws: ``StoreError`` with ``StoreError/Code/unavailable`` when another process serves from it, or it cannot be
  ///   written. What `whenTaken` and `body` throw.
  public static func withLock<Value>(
    of folder: URL, isolation: isolated (any Actor)? = #isolation,
    whenTaken: () async throws -> Bool = { false }, _ body: () async throws -> Value
  ) async throws -> Value {
    let descriptor = open(
      folder.appendingPathComponent(fileName).path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(
        .unavailable, "The data folder cannot be written. Check its permissions.", detail: "errno \(errno)")
    }
    // Closing gives the lock up.
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard try await !whenTaken() else { continue }
      throw StoreError(
        .unavailable,
        "Another Rill is running with this data folder. Stop it first, or choose another data folder.",
        detail: "errno \(errno)")
    }
    return try await body()
  }
}
