import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("A database from before runs were stored")
struct SQLiteMigrationTests {
  /// A session with one answer of each status, as the first version wrote it.
  private struct OldDatabase {
    let session = makeSession()
    let question: Message
    let answers: [Message]

    init() {
      question = makeQuestion(in: session)
      let statuses: [Message.Status] = [.done, .cancelled, .error, .interrupted, .running]
      answers = statuses.enumerated().map { [question] index, status in
        var answer = makeAnswer(to: question, content: "\(status)", status: status, at: Double(10 + index))
        if status == .done {
          answer.answer?.usage = TokenUsage(promptTokens: 5, completionTokens: 42)
          answer.answer?.timings = AnswerTimings(firstTokenMS: 12, totalMS: 1_234.6)
        }
        return answer
      }
    }

    func write(to folder: URL) throws {
      let file = folder.appendingPathComponent(SQLiteDatabase.fileName)
      let pool = try DatabasePool(path: file.path)
      try SQLiteSchema.migrator.migrate(pool, upTo: "1 settings")
      try pool.write { db in
        try session.insertWithoutOwner(db)
        for message in [question] + answers { try message.insertWithoutOwner(db) }
        #expect(try !db.tableExists("runs"))
      }
      try pool.close()
    }
  }

  private func withMigrated(
    _ body: (OldDatabase, SQLiteDatabase) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let old = OldDatabase()
      try old.write(to: folder)
      let database = try await SQLiteDatabase.open(folder: folder)
      try await body(old, database)
      try database.close()
    }
  }

  @Test("keeps its sessions and messages")
  func messages() async throws {
    try await withMigrated { old, database async throws in
      #expect(
        try await database.conversations.messages(sessionID: old.session.id) == [old.question] + old.answers)
    }
  }

  @Test("has a run without a log for every answer")
  func runs() async throws {
    try await withMigrated { old, database async throws in
      for (index, answer) in old.answers.enumerated() {
        let id = try #require(answer.answer?.runID)
        let isDone = answer.status == .done
        let expected = RunRecord(
          id: id, sessionID: old.session.id, messageID: answer.id, fingerprint: "",
          threadID: id.uuidString.lowercased(),
          status: answer.status == .running ? .interrupted : answer.status,
          lastEventID: 3, tokenCount: isDone ? 42 : 0, isCompacted: true, createdAt: answer.createdAt,
          endedAt: time(isDone ? 11.235 : Double(10 + index)))
        #expect(try await database.runs.run(id: id) == expected)
        #expect(try await database.runs.log(runID: id, after: 0, limit: 9).isEmpty)
      }
      #expect(try await database.runs.runningRuns(limit: 9).isEmpty)
      #expect(try await database.runs.compactRuns(endedBefore: .distantFuture, limit: 9) == 0)
    }
  }

  @Test("says of the answers that were cut off why they were")
  func interrupted() async throws {
    try await withMigrated { old, database async throws in
      let count = try await database.conversations.interruptRunningMessages(
        errorCode: "INTERRUPTED", errorMessage: "Rill was stopped.")
      #expect(count == 1)
      let last = try #require(old.answers.last)
      let message = try await database.conversations.message(id: last.id)
      #expect(message?.status == .interrupted)
      #expect(message?.answer?.errorCode == "INTERRUPTED")
    }
  }

  @Test("lets an interrupted answer be continued, and its session be deleted")
  func continuation() async throws {
    try await withMigrated { old, database async throws in
      let id = UUID()
      var answer = old.answers[3]
      answer.status = .running
      answer.answer?.runID = id
      let beginning = RunBeginning(
        newMessages: [], reopenedMessage: answer,
        run: RunRecord(
          id: id, sessionID: old.session.id, messageID: answer.id, fingerprint: "f", threadID: "t",
          createdAt: time(100)))
      try await database.runStores.apply(.begin(beginning))
      #expect(try await database.conversations.deleteSession(id: old.session.id))
      #expect(try await database.runs.run(id: id) == nil)
    }
  }

  @Test("is changed once")
  func once() async throws {
    try await withTemporaryFolder { folder in
      try OldDatabase().write(to: folder)
      for _ in 0..<2 {
        let database = try await SQLiteDatabase.open(folder: folder)
        #expect(try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM runs") } == 5)
        try database.close()
      }
    }
  }

  @Test("that is empty gets the tables")
  func empty() async throws {
    try await withTemporaryFolder { folder in
      let pool = try DatabasePool(path: folder.appendingPathComponent(SQLiteDatabase.fileName).path)
      try SQLiteSchema.migrator.migrate(pool, upTo: "1 settings")
      try pool.close()
      let database = try await SQLiteDatabase.open(folder: folder)
      _ = try await database.runStores.beginRun()
      try database.close()
    }
  }
}
