import Foundation
import Testing

@testable import Postgres

/// Runs alone, because it ends everybody's connections: `RILL_TEST_POSTGRES_CTL` is a command that restarts the server.
@Suite(.enabled(if: TestDatabase.isGiven && TestDatabase.restartCommand != nil))
struct RestartTests {
  @Test("After a real restart of the server, everything goes on")
  func restart() async throws {
    let command = try #require(TestDatabase.restartCommand)
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int8)")
      let events = Recorder<PostgresListener.Event>()
      let listener = PostgresListener(
        try TestDatabase.configuration(), channels: ["restart"], logger: TestDatabase.logger)
      let listening = Task { await listener.run { events.append($0) } }
      try await wait { events.all == [.connected] }
      let hasEnded = Counter()
      let (known, unknown) = (Recorder<Int64>(), Recorder<Int64>())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask {
            var id = Int64(writer)
            while hasEnded.value == 0 {
              do {
                try await client.transaction { connection in
                  // Test servers do without, which a restart that is a crash would show.
                  _ = try await connection.query("SET LOCAL synchronous_commit = on")
                  _ = try await connection.query("INSERT INTO t VALUES ($1)", [.int(id)])
                }
                known.append(id)
              } catch let error as PostgresError where error.outcomeIsUnknown {
                unknown.append(id)
              }
              id += 4
            }
          }
        }
        group.addTask {
          try await Self.run(command)
          hasEnded.add()
        }
        try await group.waitForAll()
      }
      try await wait { events.all.count >= 2 }
      // Nothing is lost, nothing is there twice.
      let stored: [Int64] = try await client.query("SELECT array_agg(a) FROM t")[0][0]
      #expect(Set(stored).count == stored.count)
      #expect(Set(known.all).isSubset(of: stored))
      #expect(Set(stored).isSubset(of: known.all + unknown.all))
      listening.cancel()
      await listening.value
    }
  }

  /// Not with Foundation's `Process`, which waits until the server, too, has ended: it inherits a socket.
  private static func run(_ command: String) async throws {
    let end = OneShot<Int32>()
    Thread.detachNewThread { end.give(system(command)) }
    #expect(await end.value() == 0)
  }
}
