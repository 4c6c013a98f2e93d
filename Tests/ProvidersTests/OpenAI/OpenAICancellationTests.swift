import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("OpenAI-compatible model: cancellation", .timeLimit(.minutes(1)))
struct OpenAICancellationTests {
  enum Moment: CaseIterable {
    case beforeHead, afterHead, afterToken
  }

  @Test("cancelling a silent model closes its connection at once", arguments: Moment.allCases)
  func cancelWhileSilent(moment: Moment) async throws {
    var best = Duration.seconds(60)
    // The machine may be busy with other tests: what counts is that nothing in Rill has to time out first.
    for _ in 0..<10 where best > .milliseconds(10) {
      best = min(best, try await timeFromCancelToClose(at: moment))
    }
    #expect(best < .milliseconds(50))
  }

  private func timeFromCancelToClose(at moment: Moment) async throws -> Duration {
    let isSilent = OneTimeSignal<Void>()
    return try await withOpenAIModel { _, answer in
      if moment != .beforeHead { try await answer.streamHead() }
      if moment == .afterToken { try await answer.token("Hello") }
      isSilent.fire()
      try await answer.hang()
    } run: { model, upstream in
      let recorder = EventRecorder()
      let cancelled = try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: CancellationError.self) { try await model.answer(into: recorder) }
        }
        try await isSilent.value()
        if moment == .afterHead { try await recorder.waitForEvents(1) }
        if moment == .afterToken {
          while recorder.text.isEmpty { try await recorder.waitForEvents(recorder.events.count + 1) }
        }
        let cancelled = ContinuousClock.now
        group.cancelAll()
        return cancelled
      }
      let closed = try await upstream.request().connection.closed()
      #expect(recorder.text == (moment == .afterToken ? "Hello" : ""))
      return cancelled.duration(to: closed)
    }
  }

  @Test("a cancelled connection is not used again")
  func cancelledConnectionIsGone() async throws {
    try await withOpenAIModel { request, answer in
      if request.connection.number == 0 {
        try await answer.streamHead()
        try await answer.token("Hello")
        try await answer.hang()
      } else {
        try await answer.stream(tokens: ["ok"])
      }
    } run: { model, upstream in
      let recorder = EventRecorder()
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await model.answer(into: recorder) }
        try? await recorder.waitForEvents(2)
        group.cancelAll()
      }
      let second = EventRecorder()
      try await model.answer(into: second)
      #expect(second.text == "ok")
      #expect(upstream.connections.count == 2)
    }
  }

  @Test("a task that is cancelled already sends nothing and gets nothing")
  func cancelledBefore() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.stream(tokens: ["ok"])
    } run: { model, upstream in
      await withTaskGroup(of: Void.self) { group in
        group.cancelAll()
        group.addTask {
          await #expect(throws: CancellationError.self) { try await model.answer(into: EventRecorder()) }
        }
      }
      #expect(upstream.requests.isEmpty)
    }
  }

  @Test("a consumer that throws ends the call with its error and closes the connection")
  func consumerThrows() async throws {
    struct Gone: Error {}
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      try await answer.token("Hello")
      try await answer.hang()
    } run: { model, upstream in
      await #expect(throws: Gone.self) {
        try await model.respond(to: ModelRequest(messages: [], question: "")) { event in
          if event == .text("Hello") { throw Gone() }
        }
      }
      _ = try await upstream.request().connection.closed()
    }
  }

  @Test("the connection closes while the consumer is stuck")
  func stuckConsumer() async throws {
    let stuck = OneTimeSignal<CheckedContinuation<Void, Never>>()
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      try await answer.token("Hello")
      try await answer.hang()
    } run: { model, upstream in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: CancellationError.self) {
            try await model.respond(to: ModelRequest(messages: [], question: "")) { event in
              guard event == .text("Hello") else { return }
              // Deaf to cancellation.
              await withCheckedContinuation { stuck.fire($0) }
            }
          }
        }
        let continuation = try await stuck.value()
        group.cancelAll()
        _ = try await upstream.request().connection.closed()
        continuation.resume()
      }
    }
  }

  @Test("many cancellations at random moments leave nothing behind")
  func randomCancellations() async throws {
    try await withOpenAIModel(configuration: .init(highWaterMark: 1024)) { _, answer in
      try await answer.streamHead()
      while true { try await answer.token("word ") }
    } run: { model, upstream in
      var random = SeededGenerator(seed: 7)
      for _ in 0..<40 {
        let limit = Int.random(in: 0...40, using: &random)
        let recorder = EventRecorder()
        await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await model.answer(into: recorder) }
          try? await recorder.waitForEvents(limit)
          group.cancelAll()
        }
      }
      for connection in upstream.connections { _ = try await connection.closed() }
    }
  }
}
