import TestSupport
import Testing

@testable import Graph

@Suite("The event channel", .timeLimit(.minutes(1)))
struct EventChannelTests {
  @Test("takes elements without waiting until it is full")
  func capacity() throws {
    let channel = EventChannel<Int>(capacity: 2)
    #expect(try channel.trySend(1))
    #expect(try channel.trySend(2))
    #expect(try !channel.trySend(3))
  }

  @Test("delivers in the order of sending, then ends")
  func order() async throws {
    let channel = EventChannel<Int>(capacity: 8)
    for number in 0..<8 { try await channel.send(number) }
    channel.finish()
    #expect(try await channel.reduce(into: []) { $0.append($1) } == Array(0..<8))
  }

  @Test("delivers what was sent before it ends with an error")
  func finishThrowing() async throws {
    let channel = EventChannel<Int>(capacity: 2)
    try await channel.send(1)
    channel.finish(throwing: Failure())
    channel.finish()
    var iterator = channel.makeAsyncIterator()
    #expect(try await iterator.next() == 1)
    await #expect(throws: Failure()) { try await iterator.next() }
  }

  @Test("suspends senders while it is full, and lets them in in their order")
  func suspendedSenders() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    try await channel.send(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...3 {
        group.addTask { try await channel.send(number) }
        while channel.suspendedSenderCount < number { await Task.yield() }
      }
      var iterator = channel.makeAsyncIterator()
      for number in 0...3 { #expect(try await iterator.next() == number) }
      try await group.waitForAll()
    }
  }

  @Test("delivers what suspended senders hold when it is finished")
  func finishWithSuspendedSender() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    try await channel.send(1)
    async let second: Void = channel.send(2)
    while channel.suspendedSenderCount == 0 { await Task.yield() }
    channel.finish()
    #expect(try await channel.reduce(into: []) { $0.append($1) } == [1, 2])
    try await second
  }

  @Test("drops the element of a suspended sender that is cancelled, and no other")
  func cancelSuspendedSender() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    try await channel.send(1)
    let cancelled = Task { try await channel.send(2) }
    while channel.suspendedSenderCount < 1 { await Task.yield() }
    let kept = Task { try await channel.send(3) }
    while channel.suspendedSenderCount < 2 { await Task.yield() }
    cancelled.cancel()
    await #expect(throws: CancellationError.self) { try await cancelled.value }
    channel.finish()
    #expect(try await channel.reduce(into: []) { $0.append($1) } == [1, 3])
    try await kept.value
  }

  @Test("takes nothing from a cancelled task")
  func sendWhenCancelled() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    let sender = Task {
      while !Task.isCancelled { await Task.yield() }
      try await channel.send(1)
    }
    sender.cancel()
    await #expect(throws: CancellationError.self) { try await sender.value }
    #expect(try channel.trySend(2))
  }

  @Test("wakes a consumer that waits")
  func waitingConsumer() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    async let received = channel.first { _ in true }
    while !channel.isConsumerWaiting { await Task.yield() }
    try await channel.send(7)
    #expect(try await received == 7)
  }

  @Test("ends the wait of a consumer that is cancelled, whose successor gets everything")
  func cancelWaitingConsumer() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    let consumer = Task { try await channel.first { _ in true } }
    while !channel.isConsumerWaiting { await Task.yield() }
    consumer.cancel()
    await #expect(throws: CancellationError.self) { try await consumer.value }
    try await channel.send(1)
    #expect(try await channel.first { _ in true } == 1)
  }

  @Test("ends the wait of a consumer when it is finished")
  func finishWaitingConsumer() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    async let received = channel.first { _ in true }
    while !channel.isConsumerWaiting { await Task.yield() }
    channel.finish()
    #expect(try await received == nil)
  }

  @Test("that was closed throws at every sender, suspended or later")
  func close() async throws {
    let channel = EventChannel<Int>(capacity: 1)
    try await channel.send(1)
    let suspended = Task { try await channel.send(2) }
    while channel.suspendedSenderCount == 0 { await Task.yield() }
    channel.close()
    await #expect(throws: CancellationError.self) { try await suspended.value }
    await #expect(throws: CancellationError.self) { try await channel.send(3) }
    #expect(try await channel.first { _ in true } == nil)
  }

  @Test("hands over in batches what has gathered, after single elements too")
  func batches() async throws {
    let channel = EventChannel<Int>(capacity: 4)
    for number in 0..<4 { try await channel.send(number) }
    var iterator = channel.makeAsyncIterator()
    #expect(try await iterator.next() == 0)
    #expect(try await iterator.nextBatch() == [1, 2, 3])
    try await channel.send(4)
    #expect(try await iterator.nextBatch() == [4])
    channel.finish()
    #expect(try await iterator.nextBatch() == nil)
  }

  @Test("loses and doubles nothing under many producers", arguments: [1, 3, 64])
  func manyProducers(capacity: Int) async throws {
    let channel = EventChannel<(producer: Int, number: Int)>(capacity: capacity)
    let producers = 16
    let each = 500
    try await withThrowingTaskGroup(of: Void.self) { group in
      for producer in 0..<producers {
        group.addTask {
          for number in 0..<each { try await channel.send((producer, number)) }
        }
      }
      var next = [Int](repeating: 0, count: producers)
      var iterator = channel.makeAsyncIterator()
      for _ in 0..<(producers * each) {
        guard let element = try await iterator.next() else { break }
        #expect(element.number == next[element.producer])
        next[element.producer] += 1
      }
      #expect(next == Array(repeating: each, count: producers))
      try await group.waitForAll()
    }
  }

  @Test("survives cancellations at any moment", arguments: 0..<50)
  func cancellationStorm(seed: UInt64) async throws {
    let channel = EventChannel<Int>(capacity: 2)
    var random = SeededGenerator(seed: seed)
    let producers = (0..<8).map { _ in
      Task {
        var sent = 0
        while (try? await channel.send(1)) != nil { sent += 1 }
        return sent
      }
    }
    let consumer = Task { try await channel.reduce(0, +) }
    for producer in producers.shuffled(using: &random) {
      for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
      producer.cancel()
    }
    var sent = 0
    for producer in producers { sent += await producer.value }
    channel.finish()
    #expect(try await consumer.value == sent)
  }
}
