import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Graph

/// Follow-up questions are completed from the conversation: by the model, or by a rule.
@Suite struct QueryWriterTests {
  private let history = [
    ChatMessage(.user, "What is aspirin?"), ChatMessage(.assistant, "A medicine [1]."),
  ]

  @Test("The model writes out what a follow-up leaves unsaid; the user's own words stay in the search")
  func model() async throws {
    let model = WritingModel(reply: "\"What are the side effects of aspirin?\"\nExplanation")
    let query = try await ModelQueryWriter(model: model).query(
      question: "and its side effects?", history: history)
    #expect(query.text == "What are the side effects of aspirin?")
    #expect(query.texts == [query.text, "and its side effects? What is aspirin?"])
    let request = try #require(model.requests.first)
    #expect(request.messages.dropFirst().map(\.content).contains("What is aspirin?"))
    #expect(request.messages.last?.content == "and its side effects?")
  }

  @Test("A question that is complete costs no call of the model", arguments: [true, false])
  func complete(hasHistory: Bool) async throws {
    let model = WritingModel(reply: "never asked")
    let question = hasHistory ? "Which rivers flow into the North Sea?" : "and its side effects?"
    let query = try await ModelQueryWriter(model: model).query(
      question: question, history: hasHistory ? history : [])
    #expect(query.texts == [question])
    #expect(model.requests.isEmpty)
  }

  @Test("A model that fails or says nothing leaves it to the rule", arguments: [nil, "", "  \n", "?"])
  func fallback(reply: String?) async throws {
    let query = try await ModelQueryWriter(model: WritingModel(reply: reply)).query(
      question: "and its side effects?", history: history)
    #expect(query == RetrievalQuery(question: "and its side effects?", history: history))
  }

  @Test("A model that takes too long leaves it to the rule")
  func impatience() async throws {
    let clock = ManualClock()
    let model = WritingModel(reply: "late", clock: clock)
    let writer = ModelQueryWriter(model: model, clock: clock, patience: .seconds(4))
    async let query = writer.query(question: "and its side effects?", history: history)
    try await clock.waitForSleepers(count: 2)
    clock.advance(by: .seconds(4))
    #expect(try await query == RetrievalQuery(question: "and its side effects?", history: history))
  }

  @Test("Stop ends the model's call and is no reason to go on by rule")
  func cancelled() async throws {
    let clock = ManualClock()
    let writer = ModelQueryWriter(model: WritingModel(reply: "late", clock: clock), clock: clock)
    let history = history
    let task = Task { try await writer.query(question: "and its side effects?", history: history) }
    try await clock.waitForSleepers(count: 2)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// Says one thing; `nil` makes it fail. With a clock it takes a minute.
private final class WritingModel: LanguageModel {
  let descriptor = ModelDescriptor(provider: "test", model: "writing")
  private let reply: String?
  private let clock: ManualClock?
  private let log = Mutex<[ModelRequest]>([])

  init(reply: String?, clock: ManualClock? = nil) {
    self.reply = reply
    self.clock = clock
  }

  var requests: [ModelRequest] { log.withLock { $0 } }

  func checkAvailability() async throws {}

  func respond(to request: ModelRequest, output: ModelOutput) async throws {
    log.withLock { $0.append(request) }
    try await clock?.sleep(for: .seconds(60))
    guard let reply else { throw ModelError(.unavailable, "away") }
    if !reply.isEmpty { try await output.send(.text(reply)) }
    try await output.send(.finished(.stop))
  }
}
