import Foundation
import Graph
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// What a node has heard.
private final class Ear: Sendable {
  private let heard = Mutex<[ClusterEvent]>([])

  var events: [ClusterEvent] { heard.withLock { $0 } }
  var messages: [NodeMessage] {
    events.compactMap { if case .message(let message) = $0 { message } else { nil } }
  }
  var connections: Int { events.count { $0 == .connected } }

  func hear(_ event: ClusterEvent) { heard.withLock { $0.append(event) } }
}

@Suite("Messages between nodes", .enabled(if: TestPostgres.isGiven))
struct PostgresMessageTests {
  @Test("arrive in order, at one node or at every other one")
  func delivery() async throws {
    try await withPostgresDatabases(3) { databases in
      try await listening(databases) { ears in
        let forAll = (0..<400).map { _ in NodeMessage.grown(run: UUID()) }
        let forOne: [NodeMessage] = [
          .follow(run: UUID(), by: databases[0].node.id), .stop(run: UUID()), .queued, .document(UUID()),
          .progress(Data(repeating: 0xff, count: 4_096)), .endReading(document: UUID(), exceptHash: "ä\"'"),
          .endReading(document: UUID(), exceptHash: nil), .unfollow(run: UUID(), by: databases[0].node.id),
        ]
        let cluster = try #require(databases[0].cluster)
        try await cluster.send(forAll, to: nil)
        try await cluster.send([], to: nil)
        try await cluster.send(forOne, to: databases[1].node.id)
        try await eventually { ears[1].messages.count == 408 && ears[2].messages.count == 400 }
        #expect(ears[1].messages == forAll + forOne)
        #expect(ears[2].messages == forAll)
        #expect(ears[0].messages.isEmpty, "a node does not hear itself")
      }
    }
  }

  @Test("of another Rill in the same database are not heard")
  func schemas() async throws {
    try await withPostgresDatabases(2) { databases in
      try await withPostgresDatabases(1) { others in
        try await listening(databases) { ears in
          try await others[0].cluster?.send([.queued], to: nil)
          try await others[0].cluster?.send([.queued], to: databases[1].node.id)
          try await databases[0].cluster?.send([.document(databases[0].node.id)], to: nil)
          try await eventually { !ears[1].messages.isEmpty }
          #expect(ears[1].messages == [.document(databases[0].node.id)])
        }
      }
    }
  }

  @Test("are heard again after the connection was lost, and the listener is told")
  func reconnecting() async throws {
    try await withPostgresDatabases(2) { databases in
      try await listening(databases) { ears in
        try await databases[0].endConnections()
        try await eventually("both connect again") { ears.allSatisfy { $0.connections >= 2 } }
        try await databases[0].cluster?.send([.queued], to: nil)
        try await eventually { ears[1].messages == [.queued] }
      }
    }
  }

  @Test("of a kind that is not known are left out")
  func unknownKinds() async throws {
    try await withPostgresDatabases(2) { databases in
      try await listening(databases) { ears in
        let channel = PostgresChannels(schema: databases[1].schema).channel(of: databases[1].node.id)
        let payloads = [
          #"["\#(databases[0].node.id)", {"sing": {"song": 7}}, {"queued": {}}, 5, ["x"], "hello", null]"#,
          "no JSON", "[]", "{}",
          #"["\#(databases[0].node.id)", {"grown": {"run": "no id"}}, {"queued": {}, "and": 1}]"#,
          #"["\#(databases[0].node.id)", {"stop": {"run": "\#(databases[0].node.id)", "because": "newer"}}]"#,
        ]
        for payload in payloads {
          _ = try await databases[0].query("SELECT pg_notify($1, $2)", [.text(channel), .text(payload)])
        }
        try await eventually { ears[1].messages.last == .stop(run: databases[0].node.id) }
        #expect(ears[1].messages.first == .queued)
      }
    }
  }

  @Test("too large for one notification are split between messages, and one alone is refused")
  func splitting() throws {
    let sender = UUID()
    let messages = (0..<500).map { _ in NodeMessage.follow(run: UUID(), by: UUID()) }
    let payloads = try PostgresNotification.payloads(of: messages, from: sender)
    #expect(payloads.count > 1)
    #expect(payloads.allSatisfy { $0.utf8.count < 8_000 })
    let read = payloads.compactMap(PostgresNotification.init(payload:))
    #expect(read.flatMap(\.messages) == messages)
    #expect(read.allSatisfy { $0.sender == sender })
    #expect(throws: StoreError.self) {
      try PostgresNotification.payloads(of: [.progress(Data(count: 7_000))], from: sender)
    }
  }

  /// Runs `body` when every node listens.
  private func listening(_ databases: [PostgresDatabase], _ body: ([Ear]) async throws -> Void) async throws {
    let ears = databases.map { _ in Ear() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (database, ear) in zip(databases, ears) {
        group.addTask { await database.cluster?.listen { ear.hear($0) } }
      }
      defer { group.cancelAll() }
      try await eventually { ears.allSatisfy { $0.connections >= 1 } }
      try await body(ears)
    }
  }
}
