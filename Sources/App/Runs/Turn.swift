import Foundation
import Graph

/// One question and its answer-to-be, placed in their conversation.
struct Turn: Sendable {
  /// How the answer comes to be.
  enum Origin: Sendable, Hashable {
    case question
    /// The rest of an interrupted answer. With the checkpoint nothing is done twice but the writing; without, the run was
    /// cut off before there was one, and everything is.
    case continuation(Checkpoint?)
  }

  var session: Session
  var isNewSession: Bool
  var userMessage: Message
  /// A retry answers a message that is stored already.
  var isUserMessageStored: Bool
  var assistantMessage: Message
  /// What was said before the question, oldest first.
  var history: [ChatMessage]
  var origin = Origin.question
  var run: RunRecord

  var isContinuation: Bool { origin != .question }

  var beginning: RunBeginning {
    switch origin {
    case .question:
      RunBeginning(
        newSession: isNewSession ? session : nil,
        newMessages: isUserMessageStored ? [assistantMessage] : [userMessage, assistantMessage], run: run)
    case .continuation:
      RunBeginning(newMessages: [], reopenedMessage: assistantMessage, run: run)
    }
  }
}

/// Finds the place of a new message in its conversation.
struct TurnPlanner: Sendable {
  let store: any ConversationStore
  let runs: any RunStore
  let checkpointer: any Checkpointer
  let model: any LanguageModel
  let makeID: @Sendable () -> UUID

  /// - Throws: ``RequestError`` for an unknown session or a parent that does not fit; ``StoreError``.
  func plan(_ request: RunRequest, run: Run, now: Date) async throws -> Turn {
    if let interrupted = request.continues {
      return try await continuation(of: interrupted, run: run, now: now)
    }
    guard request.sessionID != nil else {
      guard request.parentID == nil || request.parentID == .root else { throw RequestError.unknownParent }
      return turn(request, run: run, session: nil, parent: nil, reusing: nil, in: [], now: now)
    }
    guard let session = try await store.session(id: run.sessionID) else {
      throw RequestError.notFound("session")
    }
    let messages = try await store.messages(sessionID: session.id)
    let place = try Self.place(request, in: messages)
    return turn(
      request, run: run, session: session, parent: place.parent, reusing: place.reused, in: messages,
      now: now)
  }

  /// Where the message goes: under which message, or which stored message it repeats.
  ///
  /// Without a parent it follows the newest message. Under an assistant message, or under ``Foundation/UUID/root``, it is
  /// a question of its own, beside those that are there: that is how a question is edited. With a user message as its
  /// parent and the same text, it is that question, answered once more.
  static func place(_ request: RunRequest, in messages: [Message]) throws
    -> (parent: UUID?, reused: Message?)
  {
    guard let parentID = request.parentID else {
      let newest = messages.last
      if let newest, newest.hasFailed, let question = messages.first(where: { $0.id == newest.parentID }),
        question.content == request.message
      {
        return (question.parentID, question)
      }
      return (newest?.id, nil)
    }
    if parentID == .root { return (nil, repeatedQuestion(request.message, under: nil, in: messages)) }
    guard let parent = messages.first(where: { $0.id == parentID }) else {
      throw RequestError.unknownParent
    }
    if parent.role == .user {
      guard parent.content == request.message else { throw RequestError.parentTextDiffers }
      return (parent.parentID, parent)
    }
    return (parent.id, repeatedQuestion(request.message, under: parent.id, in: messages))
  }

  /// The same question under the same parent whose every answer has failed.
  private static func repeatedQuestion(_ text: String, under parent: UUID?, in messages: [Message])
    -> Message?
  {
    messages.last { message in
      guard message.role == .user, message.parentID == parent, message.content == text else { return false }
      let answers = messages.filter { $0.parentID == message.id }
      return !answers.isEmpty && answers.allSatisfy(\.hasFailed)
    }
  }

  private func turn(
    _ request: RunRequest, run: Run, session: Session?, parent: UUID?, reusing stored: Message?,
    in messages: [Message], now: Date
  ) -> Turn {
    let question =
      stored
      ?? Message(
        id: makeID(), sessionID: run.sessionID, parentID: parent, role: .user, content: request.message,
        status: .done, createdAt: now)
    let answer = Message(
      id: makeID(), sessionID: run.sessionID, parentID: question.id, role: .assistant, content: "",
      status: .running, createdAt: now, answer: AnswerDetails(runID: run.id, model: model.descriptor))
    return Turn(
      session: session
        ?? Session(
          id: run.sessionID, title: SessionTitle.make(from: request.message), createdAt: now,
          updatedAt: now),
      isNewSession: session == nil, userMessage: question, isUserMessageStored: stored != nil,
      assistantMessage: answer, history: Self.history(before: question, in: messages),
      run: record(of: run, writing: answer, thread: run.id.wireString, now: now))
  }

  func record(of run: Run, writing answer: Message, thread: String, now: Date) -> RunRecord {
    RunRecord(
      id: run.id, sessionID: run.sessionID, messageID: answer.id, fingerprint: run.fingerprint.digest,
      threadID: thread, createdAt: now)
  }

  /// The branch of the conversation that leads to a message. Answers that failed before their first word are left
  /// out, and neighbours of one role joined, because many models insist on alternating roles.
  static func history(before question: Message, in messages: [Message]) -> [ChatMessage] {
    let byID = Dictionary(messages.map { ($0.id, $0) }) { first, _ in first }
    var branch: [Message] = []
    var next = question.parentID
    while let id = next, let message = byID[id], branch.count <= messages.count {
      branch.append(message)
      next = message.parentID
    }
    var history: [ChatMessage] = []
    for message in branch.reversed() where !message.content.isEmpty {
      let role: ChatMessage.Role = message.role == .user ? .user : .assistant
      if history.last?.role == role {
        history[history.count - 1].content += "\n\n" + message.content
      } else {
        history.append(ChatMessage(role, message.content))
      }
    }
    return history
  }
}

extension Message {
  /// An answer that the user would want again.
  var hasFailed: Bool { role == .assistant && (status == .error || status == .interrupted) }
}

/// Names a conversation after its first message.
enum SessionTitle {
  /// Characters; what fits the page's list in one or two lines.
  static let maxLength = 60

  static func make(from message: String) -> String {
    let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard line.count > maxLength else { return line }
    let head = line.prefix(maxLength)
    let cut = head.lastIndex(of: " ").map { head[..<$0] } ?? head
    return cut + "…"
  }
}
