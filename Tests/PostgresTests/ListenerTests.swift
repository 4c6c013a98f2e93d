import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct ListenerTests {
  typealias Event = PostgresListener.Event

  /// A name that no other test uses, and that has to be quoted.
  private static func channel() -> String { "Rill \"test\" \(UInt64.random(in: 0...UInt64.max))" }

  private static func notify(_ client: PostgresClient, _ channel: String, _ payload: String) async throws {
    _ = try await client.query("SELECT pg_notify($1, $2)", [.text(channel), .text(payload)])
  }

  /// Runs a listener beside `body` and ends it afterwards.
  private static func listening(
    _ configuration: PostgresConfiguration, _ channels: [String],
    receive: @escaping @Sendable (Event) async -> Void,
    _ body: () async throws -> Void
  ) async throws {
    let listener = PostgresListener(configuration, channels: channels, logger: TestDatabase.logger)
    let run = Task { await listener.run(receive) }
    var failure: (any Error)?
    do { try await body() } catch { failure = error }
    run.cancel()
    await run.value
    if let failure { throw failure }
  }

  @Test("Notifications come in order, with their channel and their sender")
  func order() async throws {
    try await TestDatabase.withClient { client in
      let channels = [Self.channel(), Self.channel()]
      let events = Recorder<Event>()
      try await Self.listening(TestDatabase.configuration(), channels, receive: { events.append($0) }) {
        try await wait { events.all == [.connected] }
        let sender = try await client.withConnection { connection in
          for number in 0..<100 {
            _ = try await connection.query(
              "SELECT pg_notify($1, $2)", [.text(channels[number % 2]), .text("Grüße \(number)")])
          }
          return try await connection.query("SELECT pg_backend_pid()")[0][0] as Int32
        }
        try await wait { events.all.count == 101 }
        for (number, event) in events.all.dropFirst().enumerated() {
          #expect(
            event
              == .notification(channel: channels[number % 2], payload: "Grüße \(number)", processID: sender))
        }
      }
    }
  }

  @Test("Nothing is lost while the receiver is slow, however much comes")
  func slowReceiver() async throws {
    try await TestDatabase.withClient { client in
      let channel = Self.channel()
      let (isConnected, mayGoOn) = (OneShot<Void>(), OneShot<Void>())
      let payloads = Recorder<Int>()
      try await Self.listening(
        TestDatabase.configuration(), [channel],
        receive: { event in
          switch event {
          case .connected:
            isConnected.give(())
            await mayGoOn.value()
          case .notification(_, let payload, _): payloads.append(payload.count)
          }
        }
      ) {
        await isConnected.value()
        // More than the kernel's buffers hold.
        for _ in 0..<20 {
          _ = try await client.query(
            "SELECT pg_notify($1, repeat('x', 6000) || x) FROM generate_series(100, 199) AS x",
            [.text(channel)])
        }
        mayGoOn.give(())
        try await wait { payloads.all.count == 2000 }
        #expect(payloads.all.allSatisfy { $0 == 6003 })
      }
    }
  }

  @Test("A listener whose connection ends listens again and says so")
  func reconnects() async throws {
    let proxy = try TestProxy()
    defer { proxy.close() }
    try await TestDatabase.withClient { client in
      let channel = Self.channel()
      let events = Recorder<Event>()
      let configuration = try TestDatabase.configuration(["host": "127.0.0.1", "port": "\(proxy.port)"])
      try await Self.listening(configuration, [channel], receive: { events.append($0) }) {
        try await wait { events.all == [.connected] }
        proxy.become(.refuses)
        proxy.cut()
        try await wait { proxy.accepted >= 3 }
        proxy.become(.forwards)
        try await wait { events.all == [.connected, .connected] }
        try await Self.notify(client, channel, "again")
        try await wait { events.all.count == 3 }
      }
    }
  }

  @Test("A listener notices that its connection has fallen silent")
  func silence() async throws {
    let proxy = try TestProxy()
    defer { proxy.close() }
    try await TestDatabase.withClient { client in
      let events = Recorder<Event>()
      var configuration = try TestDatabase.configuration(["host": "127.0.0.1", "port": "\(proxy.port)"])
      configuration.idleCheck = .milliseconds(20)
      configuration.checkTimeout = .milliseconds(200)
      try await Self.listening(configuration, [Self.channel()], receive: { events.append($0) }) {
        try await wait { events.all == [.connected] }
        proxy.become(.stalls)
        try await wait { proxy.accepted >= 2 }
        proxy.become(.forwards)
        try await wait { events.all.count >= 2 }
      }
    }
  }

  @Test(
    "A listener ends when its task is cancelled, whatever it is doing",
    arguments: [TestProxy.Mode.refuses, .stalls])
  func cancelled(mode: TestProxy.Mode) async throws {
    let proxy = try TestProxy()
    defer { proxy.close() }
    proxy.become(mode)
    let configuration = try TestDatabase.configuration(["host": "127.0.0.1", "port": "\(proxy.port)"])
    try await Self.listening(configuration, [Self.channel()], receive: { _ in }) {
      try await wait { proxy.accepted >= 1 }
    }
  }

  @Test("Notifications do not pile up on a connection that somebody has made listen")
  func strayNotifications() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("LISTEN stray")
      for number in 0..<10 { try await Self.notify(client, "stray", "\(number)") }
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }
}
