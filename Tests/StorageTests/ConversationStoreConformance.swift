import Foundation
import Graph
import Testing

/// What every ``ConversationStore`` does.
enum ConversationStoreConformance {
  typealias Case = ConformanceCase<any ConversationStore>

  static let cases: [Case] = sessions + paging + messages + messagePages + updates

  private static let sessions: [Case] = [
    Case("gives back a session as it was stored") { store in
      let session = makeSession("Flüsse \u{1F30A} 'quoted'")
      try await store.createSession(session)
      #expect(try await store.session(id: session.id) == session)
      #expect(try await store.session(id: UUID()) == nil)
    },
    Case("refuses a second session with the same id") { store in
      let session = makeSession()
      try await store.createSession(session)
      await expectStoreError(.conflict) { try await store.createSession(session) }
    },
    Case("renames a session and leaves its time alone") { store in
      let session = makeSession()
      try await store.createSession(session)
      let renamed = try await store.renameSession(id: session.id, title: "Streams")
      #expect(renamed?.title == "Streams")
      #expect(renamed?.updatedAt == session.updatedAt)
      #expect(try await store.session(id: session.id) == renamed)
      #expect(try await store.renameSession(id: UUID(), title: "Streams") == nil)
    },
    Case("deletes a session with its messages, and only those") { store in
      let gone = makeSession()
      let kept = makeSession()
      for session in [gone, kept] {
        try await store.createSession(session)
        try await store.add([makeQuestion(in: session)])
      }
      #expect(try await store.deleteSession(id: gone.id))
      #expect(try await store.session(id: gone.id) == nil)
      #expect(try await store.messages(sessionID: gone.id).isEmpty)
      #expect(try await store.messages(sessionID: kept.id).count == 1)
      #expect(try await store.deleteSession(id: gone.id) == false)
    },
  ]

  private static let paging: [Case] = [
    Case("lists sessions by their last message, page by page") { store in
      // Two of them share a time, and must still come exactly once each.
      for (index, seconds) in [5.0, 1, 3, 3, 4].enumerated() {
        try await store.createSession(makeSession("\(index)", at: seconds))
      }
      let titles = try await allPages(of: store, limit: 2).map { $0.map(\.title) }
      #expect(titles.map(\.count) == [2, 2, 1])
      let flat = titles.flatMap(\.self)
      #expect(flat.prefix(2) == ["0", "4"])
      #expect(Set(flat[2...3]) == ["2", "3"])
      #expect(flat.last == "1")
    },
    Case("has no next page after the last session") { store in
      try await store.createSession(makeSession())
      try await store.createSession(makeSession())
      #expect(try await store.sessions(limit: 2, cursor: nil).nextCursor == nil)
      #expect(try await store.sessions(limit: 10, cursor: nil).sessions.count == 2)
    },
    Case("shows no session twice and loses none when one moves up between two pages") { store in
      let sessions = (0..<6).map { makeSession("\($0)", at: Double(10 - $0)) }
      for session in sessions { try await store.createSession(session) }
      let first = try await store.sessions(limit: 3, cursor: nil)
      try await store.add([makeQuestion(in: sessions[1], at: 100)])
      _ = try await store.deleteSession(id: sessions[2].id)
      try await store.createSession(makeSession("new", at: 200))
      let second = try await store.sessions(limit: 3, cursor: first.nextCursor)
      #expect(second.sessions.map(\.title) == ["3", "4", "5"])
    },
    Case("refuses a cursor that it did not make") { store in
      for cursor in ["", "x", "MS4yLjM", "!!!!", "\u{0}", String(repeating: "A", count: 5_000)] {
        await expectStoreError(.conflict) { _ = try await store.sessions(limit: 5, cursor: cursor) }
      }
    },
    Case("takes a limit below one for one") { store in
      try await store.createSession(makeSession())
      #expect(try await store.sessions(limit: 0, cursor: nil).sessions.count == 1)
      #expect(try await store.sessions(limit: -7, cursor: nil).sessions.count == 1)
    },
  ]

  private static let messagePages: [Case] = [
    Case("reads a conversation page by page from its end, also while it grows") { store in
      let (session, other) = (makeSession(), makeSession())
      for session in [session, other] { try await store.createSession(session) }
      for index in 0..<5 {
        try await store.add([makeQuestion("\(index)", in: session), makeQuestion("other", in: other)])
      }
      func page(_ cursor: String?) async throws -> MessagePage {
        try await store.messages(sessionID: session.id, limit: 2, cursor: cursor)
      }
      let newest = try await page(nil)
      try await store.add([makeQuestion("5", in: session)])
      let middle = try await page(newest.nextCursor)
      let oldest = try await page(middle.nextCursor)
      #expect(
        [newest, middle, oldest].map { $0.messages.map(\.content) } == [["3", "4"], ["1", "2"], ["0"]])
      #expect(oldest.nextCursor == nil)
      #expect(try await page(nil).messages.map(\.content) == ["4", "5"])
    },
    Case("has no page before one that holds the whole conversation") { store in
      let session = makeSession()
      try await store.createSession(session)
      #expect(
        try await store.messages(sessionID: session.id, limit: 9, cursor: nil)
          == MessagePage(messages: [], nextCursor: nil))
      let questions = [makeQuestion("0", in: session), makeQuestion("1", in: session)]
      try await store.add(questions)
      for limit in [2, 3, .max] {
        let page = try await store.messages(sessionID: session.id, limit: limit, cursor: nil)
        #expect(page == MessagePage(messages: questions, nextCursor: nil))
      }
      // A limit below one is one.
      #expect(
        try await store.messages(sessionID: session.id, limit: -1, cursor: nil).messages == [questions[1]])
    },
    Case("refuses a cursor that names no message of the conversation") { store in
      let (session, other) = (makeSession(), makeSession())
      for session in [session, other] { try await store.createSession(session) }
      let foreign = makeQuestion(in: other)
      try await store.add([makeQuestion(in: session), foreign])
      for cursor in ["", "x", "\u{0}", UUID().uuidString, foreign.id.uuidString] {
        await expectStoreError(.conflict) {
          _ = try await store.messages(sessionID: session.id, limit: 5, cursor: cursor)
        }
      }
    },
  ]

  private static let messages: [Case] = [
    Case("gives back messages as they were stored, in the order of adding") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion("Line\r\nbreak, NUL-free, \u{1F469}\u{200D}\u{1F52C}", in: session, at: 9)
      // The answer's time lies before the question's: the order is that of adding, not of clocks.
      let answer = makeAnswer(to: question, content: "So [1].", status: .done, at: 3)
      try await store.add([question, answer])
      let follow = makeQuestion("And then?", in: session, parent: answer.id, at: 4)
      try await store.add([follow])
      #expect(try await store.messages(sessionID: session.id) == [question, answer, follow])
      #expect(try await store.message(id: answer.id) == answer)
      #expect(try await store.message(id: UUID()) == nil)
    },
    Case("finds the message that a run wrote") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      let run = UUID()
      let answer = makeAnswer(to: question, run: run)
      try await store.add([question, answer])
      #expect(try await store.message(runID: run) == answer)
      #expect(try await store.message(runID: UUID()) == nil)
    },
    Case("moves a session up when a message is added") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session, at: 40)
      try await store.add([question, makeAnswer(to: question, at: 41.25)])
      #expect(try await store.session(id: session.id)?.updatedAt == time(41.25))
    },
    Case("adds all messages or none") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      await expectStoreError(.conflict) { try await store.add([question, question]) }
      let orphan = makeQuestion(in: makeSession())
      await expectStoreError(.notFound) { try await store.add([question, orphan]) }
      #expect(try await store.messages(sessionID: session.id).isEmpty)
      #expect(try await store.session(id: session.id) == session)
    },
    Case("refuses a second message of one run") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      let run = UUID()
      try await store.add([question, makeAnswer(to: question, run: run)])
      await expectStoreError(.conflict) { try await store.add([makeAnswer(to: question, run: run)]) }
    },
    Case("has no messages of a session that it does not know") { store async throws in
      #expect(try await store.messages(sessionID: UUID()).isEmpty)
    },
  ]

  private static let updates: [Case] = [
    Case("updates content, status and answer details, and nothing else") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      var answer = makeAnswer(to: question)
      try await store.add([question, answer])
      answer.content = "A rill is"
      answer.status = .cancelled
      answer.answer?.finishReason = "user"
      answer.answer?.usage = TokenUsage(promptTokens: 12, completionTokens: 3)
      answer.answer?.timings = AnswerTimings(firstTokenMS: nil, totalMS: 41.5)
      try await store.update(answer)
      #expect(try await store.messages(sessionID: session.id) == [question, answer])
      #expect(try await store.session(id: session.id)?.updatedAt == answer.createdAt)
    },
    Case("refuses to update a message that is not there") { store in
      await expectStoreError(.notFound) {
        try await store.update(makeAnswer(to: makeQuestion(in: makeSession())))
      }
    },
    Case("saves in a task that has been cancelled") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      var answer = makeAnswer(to: question)
      try await store.add([question, answer])
      answer.content = "partial"
      answer.status = .cancelled
      let partial = answer
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          withUnsafeCurrentTask { $0?.cancel() }
          try await store.update(partial)
        }
        try await group.waitForAll()
      }
      #expect(try await store.message(id: answer.id) == partial)
    },
    Case("marks the messages of a lost server as interrupted, once") { store in
      let session = makeSession()
      try await store.createSession(session)
      let question = makeQuestion(in: session)
      let done = makeAnswer(to: question, content: "done", status: .done)
      let lost = makeAnswer(to: question, content: "los")
      try await store.add([question, done, lost])
      let sentence = "Rill's \"server\" stopped."
      #expect(try await store.interruptRunningMessages(errorCode: "INTERRUPTED", errorMessage: sentence) == 1)
      #expect(try await store.interruptRunningMessages(errorCode: "INTERRUPTED", errorMessage: sentence) == 0)
      var expected = lost
      expected.status = .interrupted
      expected.answer?.errorCode = "INTERRUPTED"
      expected.answer?.errorMessage = sentence
      #expect(try await store.messages(sessionID: session.id) == [question, done, expected])
    },
    Case("takes writes from many tasks at once") { store in
      let sessions = (0..<8).map { makeSession("\($0)") }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for session in sessions {
          group.addTask {
            try await store.createSession(session)
            for index in 0..<10 { try await store.add([makeQuestion("\(index)", in: session)]) }
          }
        }
        try await group.waitForAll()
      }
      for session in sessions {
        let contents = try await store.messages(sessionID: session.id).map(\.content)
        #expect(contents == (0..<10).map(String.init))
      }
    },
  ]

  private static func allPages(of store: any ConversationStore, limit: Int) async throws -> [[Session]] {
    var pages: [[Session]] = []
    var cursor: String?
    repeat {
      let page = try await store.sessions(limit: limit, cursor: cursor)
      pages.append(page.sessions)
      cursor = page.nextCursor
    } while cursor != nil && pages.count < 100
    return pages
  }
}

/// Expects a ``StoreError`` with the given code, whose message holds neither SQL nor a path.
/// - Parameter words: what the message says besides.
func expectStoreError(
  _ code: StoreError.Code, saying words: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  let error = await #expect(throws: StoreError.self, sourceLocation: sourceLocation) { try await body() }
  #expect(error?.code == code, sourceLocation: sourceLocation)
  let message = error?.message ?? ""
  #expect(message.hasSuffix("."), sourceLocation: sourceLocation)
  #expect(words.isEmpty || message.contains(words), "\(message)", sourceLocation: sourceLocation)
  for word in ["SELECT", "INSERT", "UPDATE", "SQLITE", "/"] {
    #expect(!message.contains(word), sourceLocation: sourceLocation)
  }
}
