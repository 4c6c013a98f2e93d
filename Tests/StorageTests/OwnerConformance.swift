import Foundation
import Graph
import Testing

@testable import Storage

/// The stores of two owners, in one database.
struct OwnedStores: Sendable {
  let mine: Stores
  let theirs: Stores
}

/// What every database keeps of the wall between two owners: the other one's rows are in no result, and what is done to
/// them by their ids is done to nothing.
enum OwnerConformance {
  typealias Case = ConformanceCase<OwnedStores>

  static let cases: [Case] =
    conversations + runs + checkpoints + settings + documents + vectors + jobs + originals

  private static let conversations: [Case] = [
    Case("shows no conversation of another owner") { stores in
      let (session, question, answer) = try await makeConversation(stores.theirs)
      let mine = stores.mine.conversations
      #expect(try await mine.session(id: session.id) == nil)
      #expect(try await mine.sessions(limit: 9, cursor: nil).sessions.isEmpty)
      #expect(try await mine.messages(sessionID: session.id).isEmpty)
      #expect(try await mine.messages(sessionID: session.id, limit: 9, cursor: nil).messages.isEmpty)
      await expectStoreError(.conflict) {
        _ = try await mine.messages(sessionID: session.id, limit: 9, cursor: answer.id.uuidString)
      }
      for message in [question, answer] { #expect(try await mine.message(id: message.id) == nil) }
      #expect(try await mine.message(runID: #require(answer.answer).runID) == nil)
    },
    Case("pages through the conversations of one owner only, with a cursor of the other's, too") { stores in
      for index in 0..<4 {
        try await stores.theirs.conversations.createSession(makeSession("theirs", at: Double(index)))
        try await stores.mine.conversations.createSession(makeSession("mine", at: Double(index) + 0.5))
      }
      let page = try await stores.theirs.conversations.sessions(limit: 2, cursor: nil)
      let cursor = try #require(page.nextCursor)
      let next = try await stores.mine.conversations.sessions(limit: 9, cursor: cursor)
      #expect(
        (page.sessions.map(\.title) + next.sessions.map(\.title)) == ["theirs", "theirs", "mine", "mine"])
    },
    Case("changes no conversation of another owner") { stores in
      let (session, question, answer) = try await makeConversation(stores.theirs)
      let mine = stores.mine.conversations
      #expect(try await mine.renameSession(id: session.id, title: "Mine") == nil)
      #expect(try await mine.deleteSession(id: session.id) == false)
      await expectStoreError(.notFound) { try await mine.add([makeQuestion(in: session)]) }
      var changed = answer
      changed.content = "changed"
      let update = changed
      await expectStoreError(.notFound) { try await mine.update(update) }
      #expect(try await mine.interruptRunningMessages(errorCode: "X", errorMessage: "X.") == 0)
      #expect(try await stores.theirs.conversations.session(id: session.id)?.title == session.title)
      #expect(try await stores.theirs.conversations.messages(sessionID: session.id) == [question, answer])
    },
    Case("never mixes rows of two owners that have the same ids") { stores in
      let (session, question, answer) = try await makeConversation(stores.theirs)
      // Whether an id is unique among all owners is the database's affair.
      var isMine = false
      try await allowingConflict {
        try await stores.mine.conversations.createSession(session)
        isMine = true
      }
      if isMine { try await allowingConflict { try await stores.mine.conversations.add([question]) } }
      _ = try await stores.mine.conversations.deleteSession(id: session.id)
      #expect(try await stores.theirs.conversations.messages(sessionID: session.id) == [question, answer])
    },
  ]

  private static let runs: [Case] = [
    Case("shows no run of another owner") { stores in
      let (running, ended) = try await makeRuns(stores.theirs)
      let mine = stores.mine.runs
      for run in [running, ended] {
        #expect(try await mine.run(id: run.id) == nil)
        #expect(try await mine.log(runID: run.id, after: 0, limit: 9).isEmpty)
        #expect(try await mine.activeRun(sessionID: run.session.id) == nil)
      }
      #expect(try await mine.runningRuns(limit: 9).isEmpty)
      #expect(try await mine.abandonedRuns(limit: 9).isEmpty)
      #expect(try await stores.theirs.runs.activeRun(sessionID: running.session.id)?.id == running.id)
    },
    Case("adds nothing to a run of another owner, and neither ends nor compacts it") { stores in
      let (running, ended) = try await makeRuns(stores.theirs)
      let refusals = try await stores.mine.runs.apply([
        .append(running.batch(3...3)), .checkpoint(running.checkpoint(2), runID: running.id),
        .end(running.ending(3...3)), .end(running.ending()), .begin(ended.continuation()),
      ])
      #expect(refusals.map { $0?.code } == Array(repeating: .notFound, count: 5))
      #expect(try await stores.mine.runs.compactRuns(endedBefore: .distantFuture, limit: 9) == 0)
      #expect(try await stores.theirs.runs.run(id: running.id)?.lastEventID == 2)
      #expect(try await stores.theirs.runs.run(id: ended.id)?.isCompacted == false)
      #expect(try await stores.theirs.conversations.message(id: running.answer.id) == running.answer)
      let thread = running.run.threadID
      #expect(try await stores.theirs.checkpointer.list(threadID: thread) == [running.checkpoint()])
    },
    Case("refuses a run id that another owner has") { stores in
      let (running, _) = try await makeRuns(stores.theirs)
      let other = RunFixture()
      var beginning = other.beginning
      beginning.run = RunRecord(
        id: running.id, sessionID: other.session.id, messageID: other.answer.id, fingerprint: "mine",
        threadID: "mine", createdAt: time(9))
      let refusals = try await stores.mine.runs.apply([.begin(beginning)])
      #expect(refusals.map { $0?.code } == [.conflict])
      #expect(try await stores.mine.conversations.session(id: other.session.id) == nil)
      #expect(try await stores.theirs.runs.run(id: running.id)?.fingerprint == running.run.fingerprint)
    },
    Case("begins no run in a conversation of another owner, and none that writes one's message") { stores in
      let (running, _) = try await makeRuns(stores.theirs)
      let other = RunFixture()
      let inTheirSession = RunBeginning(
        newMessages: [],
        run: RunRecord(
          id: UUID(), sessionID: running.session.id, messageID: running.answer.id, fingerprint: "",
          threadID: "t", createdAt: time(9)))
      var ofTheirMessage = other.beginning
      ofTheirMessage.newMessages = []
      ofTheirMessage.run = RunRecord(
        id: UUID(), sessionID: other.session.id, messageID: running.answer.id, fingerprint: "",
        threadID: "u", createdAt: time(9))
      let refusals = try await stores.mine.runs.apply([.begin(inTheirSession), .begin(ofTheirMessage)])
      #expect(refusals.map { $0?.code } == [.notFound, .notFound])
    },
    Case("deletes nothing of another owner with a conversation") { stores in
      let (running, _) = try await makeRuns(stores.theirs)
      let mine = RunFixture()
      // The thread's name is the other owner's, too.
      var beginning = mine.beginning
      beginning.run = RunRecord(
        id: mine.id, sessionID: mine.session.id, messageID: mine.answer.id, fingerprint: "",
        threadID: running.run.threadID, createdAt: time(9))
      #expect(try await stores.mine.runs.apply([.begin(beginning)]).map { $0?.code } == [nil])
      #expect(try await stores.mine.conversations.deleteSession(id: mine.session.id))
      #expect(
        try await stores.theirs.checkpointer.list(threadID: running.run.threadID) == [running.checkpoint()])
    },
  ]

  private static let checkpoints: [Case] = [
    Case("keeps the threads of two owners apart, also those of one name") { stores in
      let run = RunFixture()
      let thread = run.run.threadID
      for id in 1...2 { try await stores.theirs.checkpointer.save(run.checkpoint(id)) }
      #expect(try await stores.mine.checkpointer.latest(threadID: thread) == nil)
      #expect(try await stores.mine.checkpointer.list(threadID: thread).isEmpty)
      try await stores.mine.checkpointer.save(run.checkpoint(1, state: "mine"))
      try await stores.mine.checkpointer.delete(threadID: thread)
      #expect(try await stores.mine.checkpointer.list(threadID: thread).isEmpty)
      #expect(try await stores.theirs.checkpointer.list(threadID: thread).map(\.id) == [1, 2])
    }
  ]

  private static let settings: [Case] = [
    Case("keeps the settings of two owners apart") { stores in
      try await stores.theirs.settings.setSetting("key", to: "theirs")
      #expect(try await stores.mine.settings.setting("key") == nil)
      try await stores.mine.settings.setSetting("key", to: "mine")
      #expect(try await stores.theirs.settings.setting("key") == "theirs")
      try await stores.mine.settings.setSetting("key", to: nil)
      #expect(try await stores.theirs.settings.setting("key") == "theirs")
    }
  ]

  private static func makeConversation(
    _ stores: Stores
  ) async throws -> (session: Session, question: Message, answer: Message) {
    let session = makeSession()
    let question = makeQuestion(in: session)
    let answer = makeAnswer(to: question)
    try await stores.conversations.createSession(session)
    try await stores.conversations.add([question, answer])
    return (session, question, answer)
  }

  private static func makeRuns(_ stores: Stores) async throws -> (running: RunFixture, ended: RunFixture) {
    let (running, ended) = (RunFixture(), RunFixture(at: 5))
    let refusals = try await stores.runs.apply([
      .begin(running.beginning), .append(running.batch(1...2)),
      .checkpoint(running.checkpoint(), runID: running.id), .begin(ended.beginning),
      .end(ended.ending(1...1, status: .interrupted)),
    ])
    #expect(refusals.allSatisfy { $0 == nil })
    return (running, ended)
  }

  /// For what one database can do and another refuses.
  static func allowingConflict(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as StoreError where error.code == .conflict {
    }
  }
}
