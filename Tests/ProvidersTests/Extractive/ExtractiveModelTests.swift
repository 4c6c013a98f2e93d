import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("Extractive model", .timeLimit(.minutes(1)))
struct ExtractiveModelTests {
  private let request = ModelRequest(
    messages: [ChatMessage(.user, "How long is the warranty?")], question: "How long is the warranty?",
    passages: ExtractiveFixtures.passages(ExtractiveFixtures.kettle))

  @Test("the answer comes word by word, then usage, then the end")
  func stream() async throws {
    let recorder = EventRecorder()
    try await ExtractiveModel(pace: .zero).respond(to: request) { recorder.record($0) }
    let texts = recorder.texts
    #expect(texts.count > 10)
    #expect(texts[..<3] == ["The", " warranty", " lasts"])
    #expect(texts.joined() == ExtractiveModel.answer(to: request))
    guard case .usage(let usage) = recorder.events[texts.count] else {
      Issue.record("no usage after the text")
      return
    }
    #expect(usage.completionTokens == texts.count)
    #expect(usage.promptTokens > 100)
    #expect(recorder.events.last == .finished(.stop))
    #expect(recorder.events.count == texts.count + 2)
  }

  @Test("the pace is the clock's")
  func pace() async throws {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let model = ExtractiveModel(pace: .milliseconds(12), clock: clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await model.respond(to: request) { recorder.record($0) } }
      for count in 1...5 {
        try await clock.waitForSleepers(count: 1)
        #expect(recorder.events.count == count)
        clock.advance(by: .milliseconds(12))
      }
      group.cancelAll()
    }
  }

  @Test("cancelling ends it at once")
  func cancel() async throws {
    let clock = ManualClock()
    let model = ExtractiveModel(clock: clock)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await #expect(throws: CancellationError.self) { try await model.respond(to: request) { _ in } }
      }
      try await clock.waitForSleepers(count: 1)
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(clock.sleeperCount == 0)
  }

  @Test("a limit of tokens cuts the answer and says so")
  func limit() async throws {
    var request = request
    request.maxTokens = 3
    let recorder = EventRecorder()
    try await ExtractiveModel(pace: .zero).respond(to: request) { recorder.record($0) }
    #expect(recorder.text == "The warranty lasts")
    #expect(recorder.events.last == .finished(.length))
  }

  @Test("it is always available and says what it is")
  func descriptor() async throws {
    try await ExtractiveModel().checkAvailability()
    #expect(ExtractiveModel().descriptor == ModelDescriptor(provider: "extractive", model: "extractive-1"))
  }

  @Test(
    "small talk gets a short reply without citations",
    arguments: [
      ("hello", "Hello!"), ("Hi there 👋", "Hello!"), ("Good morning!", "Hello!"), ("👋", "Hello!"),
      ("thanks", "You are welcome"), ("Great, thank you very much!", "You are welcome"), ("bye", "Goodbye"),
      ("Who are you?", "I am Rill's built-in answerer. I am not a language model"),
      ("how are you", "All is running"),
      ("ok", "All right"), ("What’s up?", "All is running"),
    ])
  func smallTalk(message: String, expected: String) {
    let reply = ExtractiveFixtures.answer(message, from: [])
    #expect(reply.contains(expected))
    #expect(!reply.contains("["))
    #expect(reply.count < 400)
  }

  @Test("a question is no small talk, even when it begins or ends like one")
  func questions() {
    for question in ["hello world program", "no warranty", "what is a test", "hi, how do I change the port?"]
    {
      #expect(SmallTalk.reply(to: question) == nil, "\(question)")
    }
  }

  @Test(
    "pieces joined are the text",
    arguments: ["", " ", "a", "  a\n\nb  ", "Donaudampfschifffahrt 👩‍👩‍👧👩‍👩‍👧", "a\r\nb"])
  func pieces(text: String) {
    let pieces = TokenPieces.pieces(of: text)
    #expect(pieces.joined() == text)
    #expect(!pieces.contains(""))
  }
}
