import Foundation
import Graph

extension UUID {
  /// As a `parent_id`: before the first message (the Nil UUID of RFC 9562, section 5.9).
  static let root = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}

extension TurnPlanner {
  /// Takes up an interrupted answer where its pipeline was: the same question, the same place, the same message.
  /// - Throws: ``RequestError`` when the run was not interrupted or its answer has been taken up already.
  func continuation(of interrupted: UUID, run: Run, now: Date) async throws -> Turn {
    guard let record = try await runs.run(id: interrupted),
      let session = try await store.session(id: record.sessionID)
    else { throw RequestError.notFound("run") }
    let messages = try await store.messages(sessionID: session.id)
    guard record.status == .interrupted, var answer = messages.first(where: { $0.id == record.messageID }),
      answer.status == .interrupted, answer.answer?.runID == interrupted,
      let question = messages.first(where: { $0.id == answer.parentID })
    else { throw RequestError.notInterrupted }
    let checkpoint = try await checkpointer.latest(threadID: record.threadID).flatMap(Self.usable)
    answer.status = .running
    answer.answer?.runID = run.id
    answer.answer?.model = model.descriptor
    answer.answer?.finishReason = nil
    answer.answer?.errorCode = nil
    answer.answer?.errorMessage = nil
    return Turn(
      session: session, isNewSession: false, userMessage: question, isUserMessageStored: true,
      assistantMessage: answer, history: Self.history(before: question, in: messages),
      origin: .continuation(checkpoint),
      run: self.record(of: run, writing: answer, thread: record.threadID, now: now))
  }

  /// A checkpoint that only generation follows. One of another version's pipeline is not used: doing the work again is
  /// better than failing.
  private static func usable(_ checkpoint: Checkpoint) -> Checkpoint? {
    guard checkpoint.pending == [ChatGraph.generate], checkpoint.state(as: ChatState.self) != nil else {
      return nil
    }
    return checkpoint
  }
}

extension Checkpoint {
  /// - Returns: `nil` when the state is not one of these.
  func state<State: Decodable>(as type: State.Type) -> State? {
    try? JSONDecoder().decode(type, from: state)
  }
}
