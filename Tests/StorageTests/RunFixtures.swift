import Foundation
import Graph
import Testing

/// The stores that a run is written to, all of one database.
struct RunStores: Sendable {
  let runs: any RunStore
  let conversations: any ConversationStore
  let checkpointer: any Checkpointer

  /// Applies changes all of which are expected to be accepted.
  func apply(_ changes: RunChange..., sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let refusals = try await runs.apply(changes)
    #expect(refusals.count == changes.count, sourceLocation: sourceLocation)
    for refusal in refusals { #expect(refusal == nil, sourceLocation: sourceLocation) }
  }

  /// Expects one change to be refused with a code and a sentence.
  func expectRefusal(
    _ code: StoreError.Code, of change: RunChange, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let refusals = try await runs.apply([change])
    await expectStoreError(code, sourceLocation: sourceLocation) {
      if let refusal = try #require(refusals.first) { throw refusal }
    }
  }

  /// A stored run that is going on.
  func beginRun(_ run: RunFixture = RunFixture()) async throws -> RunFixture {
    try await apply(.begin(run.beginning))
    return run
  }
}

/// One question in a new session, its empty answer, and the run that writes it.
struct RunFixture: Sendable {
  let session: Session
  let question: Message
  let answer: Message
  let run: RunRecord

  init(at seconds: Double = 0) {
    session = makeSession(at: seconds)
    question = makeQuestion(in: session, at: seconds)
    let id = UUID()
    answer = makeAnswer(to: question, run: id, at: seconds + 0.001)
    run = RunRecord(
      id: id, sessionID: session.id, messageID: answer.id, fingerprint: "print 'ä' \(id)",
      threadID: "thread \(id)", createdAt: time(seconds))
  }

  var id: UUID { run.id }

  var beginning: RunBeginning {
    RunBeginning(newSession: session, newMessages: [question, answer], run: run)
  }

  func batch(_ ids: ClosedRange<Int>, tokens: Int = 0, _ text: String = "events") -> RunLogBatch {
    RunLogBatch(
      runID: id, firstID: ids.lowerBound, lastID: ids.upperBound, tokenCount: tokens,
      payload: Data("\(text) \(ids)".utf8) + [0, 255])
  }

  /// The answer as it is when the run has ended.
  func finished(_ content: String = "A small stream.", status: Message.Status = .done) -> Message {
    var message = answer
    message.content = content
    message.status = status
    message.answer?.usage = TokenUsage(promptTokens: 7, completionTokens: 3)
    return message
  }

  func ending(
    _ ids: ClosedRange<Int>? = nil, tokens: Int = 0, content: String = "A small stream.",
    status: Message.Status = .done, at seconds: Double = 60
  ) -> RunEnding {
    RunEnding(
      runID: id, batch: ids.map { batch($0, tokens: tokens) }, message: finished(content, status: status),
      endedAt: time(seconds))
  }

  func checkpoint(_ number: Int = 1, state: String = "{}") -> Checkpoint {
    Checkpoint(
      threadID: run.threadID, id: number, graph: "chat", step: number, state: Data(state.utf8),
      pending: ["generate"])
  }

  /// A run that writes the same answer anew on the same thread.
  func continuation(run id: UUID = UUID(), at seconds: Double = 100) -> RunBeginning {
    var message = answer
    message.content = ""
    message.status = .running
    message.answer?.runID = id
    return RunBeginning(
      newMessages: [], reopenedMessage: message,
      run: RunRecord(
        id: id, sessionID: session.id, messageID: answer.id, fingerprint: "continue",
        threadID: run.threadID, createdAt: time(seconds)))
  }
}
