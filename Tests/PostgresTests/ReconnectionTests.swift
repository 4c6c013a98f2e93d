import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct ReconnectionTests {
  /// Ends a server process, and waits until it is gone.
  private static func terminate(_ process: Int) async throws {
    let other = PostgresClient(try TestDatabase.configuration(), logger: TestDatabase.logger)
    _ = try await other.query("SELECT pg_terminate_backend($1::int, 10000)", [PostgresValue(process)])
    await other.close()
  }

  private static func process(_ connection: PostgresConnection) async throws -> Int {
    try await connection.query("SELECT pg_backend_pid()")[0][0]
  }

  @Test("A connection that ended while it was idle is replaced without anybody noticing")
  func idle() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 4 }) { client in
      // Several connections, which all end at once as at a restart.
      let processes = try await client.withConnection { first in
        try await client.withConnection { second in
          try await client.withConnection { third in
            [try await Self.process(first), try await Self.process(second), try await Self.process(third)]
          }
        }
      }
      #expect(client.statistics.idle == 3)
      for process in processes { try await Self.terminate(process) }
      for _ in 0..<5 { #expect(try await client.query("SELECT 1")[0][0] == 1) }
      for process in processes {
        #expect(
          try await client.query("SELECT pg_backend_pid() <> $1", [PostgresValue(process)])[0][0] == true)
      }
    }
  }

  @Test("A statement whose process the server ends fails with the server's reason, and the next one works")
  func terminated() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      let process = OneShot<Int>()
      async let error = failure {
        try await client.withConnection { connection in
          process.give(try await Self.process(connection))
          _ = try await connection.query("SELECT pg_sleep(60)")
        }
      }
      try await Self.terminate(await process.value())
      let reason = try await error
      #expect(reason.sqlState == "57P01" && reason.isConnectionFailure)
      // The server has said that it did not finish.
      #expect(!reason.outcomeIsUnknown)
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }

  @Test("A connection that is cut in the middle of a statement leaves its outcome unknown")
  func cut() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy, { $0.poolSize = 1 }) { client in
      _ = try await client.query("SELECT 1")
      proxy.become(.stalls)
      let pieces = proxy.pieces
      async let error = failure { try await client.query("SELECT pg_sleep(60)") }
      try await wait { proxy.pieces > pieces }
      proxy.cut()
      proxy.become(.forwards)
      let reason = try await error
      #expect(reason.kind == .connection && reason.isConnectionFailure && reason.outcomeIsUnknown)
      #expect(client.statistics.open == 0)
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }

  @Test("A transaction is run again when its connection ends before COMMIT")
  func transaction() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let runs = Counter()
      try await client.transaction { connection in
        runs.add()
        _ = try await connection.query("INSERT INTO t VALUES (1)")
        if runs.value < 3 { try await Self.terminate(try await Self.process(connection)) }
        _ = try await connection.query("INSERT INTO t VALUES (2)")
      }
      // And when the body has nothing more to say.
      try await client.transaction { connection in
        runs.add()
        _ = try await connection.query("INSERT INTO t VALUES (3)")
        if runs.value < 5 { try await Self.terminate(try await Self.process(connection)) }
      }
      #expect(runs.value == 5)
      #expect(try await client.query("SELECT array_agg(a::int8) FROM t")[0][0] == [1, 2, 3])
    }
  }

  @Test("A transaction whose connection ends during COMMIT is not run again: nobody knows")
  func lostCommit() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let runs = Counter()
      let stalled = OneShot<Int>()
      async let error = failure {
        try await client.transaction { connection in
          runs.add()
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          proxy.become(.stalls)
          stalled.give(proxy.pieces)
        }
      }
      let pieces = await stalled.value()
      try await wait { proxy.pieces > pieces }
      proxy.cut()
      proxy.become(.forwards)
      let reason = try await error
      #expect(reason.isConnectionFailure && reason.outcomeIsUnknown)
      #expect(runs.value == 1)
    }
  }

  @Test("A call waits for a server that is away, within the time that it may")
  func away() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy) { client in
      _ = try await client.query("SELECT 1")
      proxy.become(.refuses)
      proxy.cut()
      let accepted = proxy.accepted
      async let answer = client.query("SELECT 7")[0][0] as Int
      try await wait { proxy.accepted >= accepted + 3 }
      proxy.become(.forwards)
      #expect(try await answer == 7)
    }
  }

  @Test(
    "A server that stays away is an error of the connection", arguments: [TestProxy.Mode.refuses, .stalls])
  func gone(mode: TestProxy.Mode) async throws {
    let proxy = try TestProxy()
    defer { proxy.close() }
    proxy.become(mode)
    var configuration = try TestDatabase.configuration(["host": "127.0.0.1", "port": "\(proxy.port)"])
    configuration.acquireTimeout = .milliseconds(1500)
    let client = PostgresClient(configuration, logger: TestDatabase.logger)
    let error = try await failure { try await client.query("SELECT 1") }
    #expect(error.isConnectionFailure && !error.outcomeIsUnknown)
    #expect(error.kind == (mode == .stalls ? .timeout : .connection))
    #expect(client.statistics == PostgresStatistics(open: 0, idle: 0, waiting: 0))
    let opening = Task { try await client.query("SELECT 1") }
    opening.cancel()
    await #expect(throws: CancellationError.self) { try await opening.value }
    await client.close()
  }

  @Test("A connection that ends in the middle of a copy stores nothing")
  func copy() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy) { client in
      _ = try await client.query("CREATE TABLE t (a int8)")
      let error = try await failure {
        try await client.withConnection { connection in
          let rows = (0..<100_000).lazy.map { number in
            if number == 50_000 { proxy.cut() }
            return [PostgresValue(number)]
          }
          try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", columns: [.int8], rows: rows)
        }
      }
      #expect(error.isConnectionFailure && !error.outcomeIsUnknown)
      let other = try await failure {
        try await client.withConnection { connection in
          try await connection.copyOut(
            "COPY (SELECT generate_series(1, 100000000::int8)) TO STDOUT (FORMAT binary)", columns: [.int8]
          ) { row in
            if try row[0] == 1000 { proxy.cut() }
          }
        }
      }
      #expect(other.isConnectionFailure)
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
    }
  }

  @Test("Connections that are cut at random lose no place of the pool", arguments: [11, 12])
  func randomCuts(seed: UInt64) async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy, { $0.poolSize = 4 }) { client in
      _ = try await client.query("CREATE TABLE t (id int8 PRIMARY KEY)")
      let known = Recorder<Int64>()
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          var generator = SeededGenerator(seed: seed)
          for _ in 0..<20 {
            try? await Task.sleep(for: .milliseconds(Int.random(in: 1...30, using: &generator)))
            proxy.cut()
          }
        }
        for number in 0..<200 {
          group.addTask {
            do {
              try await client.transaction(retries: 100) { connection in
                _ = try await connection.query("INSERT INTO t VALUES ($1)", [PostgresValue(number)])
                _ = try await connection.query("SELECT pg_sleep(0.002)")
              }
              known.append(Int64(number))
            } catch {
              #expect((error as? PostgresError)?.outcomeIsUnknown == true, "\(error)")
            }
          }
        }
      }
      let statistics = client.statistics
      #expect(statistics.waiting == 0 && statistics.idle == statistics.open)
      let stored: [Int64] = try await client.query("SELECT array_agg(id) FROM t")[0][0]
      #expect(Set(known.all).isSubset(of: stored))
    }
  }
}
