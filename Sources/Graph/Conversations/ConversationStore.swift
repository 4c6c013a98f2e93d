public import Foundation

/// Keeps sessions and their messages.
///
/// Times are kept to the millisecond. A write that has begun is carried through when its task is cancelled, so that the
/// partial answer of a stopped run is saved; reads end with `CancellationError`.
public protocol ConversationStore: Sendable {
  /// - Throws: ``StoreError`` from every call.
  func createSession(_ session: Session) async throws
  func session(id: UUID) async throws -> Session?
  /// Sessions by `updatedAt`, newest first.
  /// - Parameter cursor: the `nextCursor` of the page before; `nil` for the first page. One that is not ours is a
  ///   ``StoreError/Code/conflict``.
  func sessions(limit: Int, cursor: String?) async throws -> SessionPage
  /// - Returns: the session as it is now, or `nil` when there is none. A rename does not change `updatedAt`.
  func renameSession(id: UUID, title: String) async throws -> Session?
  /// Deletes a session with its messages.
  /// - Returns: `false` when there was no such session.
  func deleteSession(id: UUID) async throws -> Bool

  /// Messages of a session, oldest first (by the order in which they were added).
  func messages(sessionID: UUID) async throws -> [Message]
  /// A page of a session's messages, the newest page first; within it the oldest message comes first.
  /// - Parameter cursor: the `nextCursor` of the page before; `nil` for the newest messages. One that names no message of
  ///   the session is a ``StoreError/Code/conflict``.
  func messages(sessionID: UUID, limit: Int, cursor: String?) async throws -> MessagePage
  func message(id: UUID) async throws -> Message?
  /// The assistant message that a run wrote, the newest run of those that wrote it.
  func message(runID: UUID) async throws -> Message?

  /// Adds the messages in one transaction, and sets the session's `updatedAt` to that of the last of them.
  /// A missing session is ``StoreError/Code/notFound``; an id that exists is ``StoreError/Code/conflict``.
  func add(_ messages: [Message]) async throws
  /// Replaces content, status and answer details of an existing message.
  func update(_ message: Message) async throws
  /// Marks every message that is still `running` as `interrupted`, except those whose run is stored and still running:
  /// called once at the start, after the stored runs that were cut off have been ended.
  /// - Returns: how many there were.
  func interruptRunningMessages(errorCode: String, errorMessage: String) async throws -> Int
}

/// One page of the list of sessions.
public struct SessionPage: Sendable, Hashable {
  public var sessions: [Session]
  /// Opaque; `nil` on the last page.
  public var nextCursor: String?

  public init(sessions: [Session], nextCursor: String?) {
    self.sessions = sessions
    self.nextCursor = nextCursor
  }
}

/// One page of a conversation, read from its end.
public struct MessagePage: Sendable, Hashable {
  /// Oldest first.
  public var messages: [Message]
  /// Of the messages before these; `nil` when these begin the conversation.
  public var nextCursor: String?

  public init(messages: [Message], nextCursor: String?) {
    self.messages = messages
    self.nextCursor = nextCursor
  }

  /// Makes a page of what a store found.
  /// - Parameters:
  ///   - newestFirst: up to one message more than `limit`: that one tells whether there are older ones.
  ///   - limit: of the page, at least 1.
  public init(newestFirst: [Message], limit: Int) {
    messages = newestFirst.prefix(limit).reversed()
    nextCursor = newestFirst.count > limit ? messages.first.map { $0.id.uuidString.lowercased() } : nil
  }
}
