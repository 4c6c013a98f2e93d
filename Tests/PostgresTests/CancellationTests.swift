import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct CancellationTests {
  /// Whether a process runs a statement now.
  private static let isActive = "EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active')"

  private static func process(_ client: PostgresClient) async throws -> Int {
    try await client.query("SELECT pg_backend_pid()")[0][0]
  }

  @Test("A cancelled query is cancelled on the server, and its connection goes on")
  func cancelsOnServer() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      let other = PostgresClient(try TestDatabase.configuration(), logger: TestDatabase.logger)
      let process = try await Self.process(client)
      let query = Task { try await client.query("SELECT pg_sleep(60)") }
      try await TestDatabase.wait(other, until: Self.isActive, [PostgresValue(process)])
      query.cancel()
      await #expect(throws: CancellationError.self) { try await query.value }
      #expect(try await other.query("SELECT NOT \(Self.isActive)", [PostgresValue(process)])[0][0] == true)
      #expect(try await Self.process(client) == process)
      await other.close()
    }
  }

  @Test("A cancelled pipeline and a cancelled transaction change nothing", arguments: [false, true])
  func cancelsAll(isTransaction: Bool) async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      let other = PostgresClient(try TestDatabase.configuration(), logger: TestDatabase.logger)
      _ = try await client.query("CREATE TABLE t (a int)")
      let process = try await Self.process(client)
      let work = Task {
        let insert = PostgresStatement("INSERT INTO t VALUES (1)")
        let sleep = PostgresStatement("SELECT pg_sleep(60)")
        if isTransaction {
          try await client.transaction { connection in
            _ = try await connection.query(insert.sql)
            _ = try await connection.query(sleep.sql)
          }
        } else {
          _ = try await client.pipeline([insert, sleep, insert])
        }
      }
      try await TestDatabase.wait(
        other, until: "EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')",
        [PostgresValue(process)])
      work.cancel()
      await #expect(throws: CancellationError.self) { try await work.value }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
      #expect(try await Self.process(client) == process)
      await other.close()
    }
  }

  @Test("A call that carries through does its work in a cancelled task, the wait for a connection included")
  func carriesThrough() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let isCancelled = OneShot<Void>()
      let write = try await client.withConnection { _ in
        let write = Task {
          await isCancelled.value()
          #expect(Task.isCancelled)
          _ = try await client.query(
            "INSERT INTO t SELECT 1 FROM pg_sleep(0.05)", cancellation: .carriesThrough)
          try await client.transaction(cancellation: .carriesThrough) { connection in
            _ = try await connection.pipeline([PostgresStatement("INSERT INTO t VALUES (2)")])
            try await connection.execute(script: "INSERT INTO t VALUES (3)")
            try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", columns: [.int4], rows: [[4]])
            let count = try await connection.copyOut("COPY t TO STDOUT (FORMAT binary)", columns: [.int4]) {
              _ in
            }
            #expect(count == 4)
          }
        }
        write.cancel()
        isCancelled.give(())
        try await wait { client.statistics.waiting == 1 }
        return write
      }
      try await write.value
      #expect(try await client.query("SELECT sum(a) FROM t")[0][0] == 10)
    }
  }

  @Test("A cancelled task opens connections for what carries through")
  func opensWhenCancelled() async throws {
    try await TestDatabase.withClient { client in
      let task = Task { () -> Int in
        withUnsafeCurrentTask { $0?.cancel() }
        return try await client.query("SELECT 5", cancellation: .carriesThrough)[0][0]
      }
      let value = try await task.value
      #expect(value == 5)
    }
  }

  @Test("A cancelled task sends nothing more")
  func alreadyCancelled() async throws {
    try await TestDatabase.withClient { client in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        _ = try await client.query("SELECT 1")
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(client.statistics.open == 0)
    }
  }

  @Test("A statement that takes too long is ended by the server, as a time-out", arguments: [true, false])
  func statementTimeout(prepares: Bool) async throws {
    try await TestDatabase.withClient({
      $0.poolSize = 1
      $0.statementTimeout = .milliseconds(200)
      // Without session state, the client has to see to it.
      $0.preparesStatements = prepares
      $0.grace = prepares ? .seconds(10) : .seconds(2)
    }) { client in
      let process = try await Self.process(client)
      let error = try await failure { try await client.query("SELECT pg_sleep(60)") }
      #expect(error.kind == .timeout)
      #expect(error.sqlState == "57014")
      #expect(!error.isConnectionFailure && !error.outcomeIsUnknown)
      #expect(try await Self.process(client) == process)
    }
  }

  @Test("A statement of which nothing is heard any more ends its connection")
  func silence() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(
      through: proxy,
      {
        $0.statementTimeout = .milliseconds(200)
        $0.grace = .milliseconds(100)
      }
    ) { client in
      #expect(try await client.query("SELECT 1")[0][0] == 1)
      proxy.become(.stalls)
      let error = try await failure { try await client.query("SELECT 1") }
      #expect(error.kind == .timeout && error.sqlState == nil)
      #expect(error.isConnectionFailure && error.outcomeIsUnknown)
      proxy.become(.forwards)
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }

  @Test("A cancelled query of which nothing is heard any more does not hold its task")
  func cancelledInSilence() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(through: proxy, { $0.grace = .milliseconds(100) }) { client in
      _ = try await client.query("SELECT 1")
      proxy.become(.stalls)
      let pieces = proxy.pieces
      let query = Task { try await client.query("SELECT 1") }
      try await wait { proxy.pieces > pieces }
      query.cancel()
      await #expect(throws: CancellationError.self) { try await query.value }
      #expect(client.statistics.open == 0)
      proxy.become(.forwards)
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }

  @Test("A statement that somebody else cancels is told apart from a time-out")
  func cancelledByOthers() async throws {
    try await TestDatabase.withClient { client in
      let process = OneShot<Int>()
      async let error = failure {
        try await client.withConnection { connection in
          process.give(try await connection.query("SELECT pg_backend_pid()")[0][0])
          _ = try await connection.query("SELECT pg_sleep(60)")
        }
      }
      let victim = PostgresValue(await process.value())
      try await TestDatabase.wait(client, until: "\(Self.isActive)", [victim])
      _ = try await client.query("SELECT pg_cancel_backend($1::int)", [victim])
      #expect(try await error.kind == .cancelled)
    }
  }

  @Test("A loan can give its statements another time, or none")
  func loanTimeout() async throws {
    try await TestDatabase.withClient({
      $0.poolSize = 1
      $0.statementTimeout = .milliseconds(100)
      $0.grace = .milliseconds(10)
    }) { client in
      try await client.withConnection { connection in
        try await connection.setStatementTimeout(nil)
        _ = try await connection.query("SELECT pg_sleep(0.4)")
        try await connection.setStatementTimeout(.milliseconds(50))
        #expect(try await failure { try await connection.query("SELECT pg_sleep(60)") }.kind == .timeout)
      }
      #expect(try await client.query("SHOW statement_timeout")[0][0] == "100ms")
    }
  }

  @Test("A cancellation at any moment ends in an answer or in a cancellation, never in another statement's")
  func anyMoment() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 2 }) { client in
      var generator = SeededGenerator(seed: 7)
      _ = try await client.query("CREATE TABLE t (a int)")
      for number in 0..<300 {
        let delay = UInt64.random(in: 0...1500, using: &generator)
        let query = Task { () -> Int in
          try await client.query("SELECT $1 FROM pg_sleep(0.001)", [PostgresValue(number)])[0][0]
        }
        try? await Task.sleep(for: .microseconds(delay))
        query.cancel()
        do {
          #expect(try await query.value == number)
        } catch {
          #expect(error is CancellationError)
        }
        // Would be hit by a request to cancel that came late.
        #expect(try await client.query("SELECT $1", [PostgresValue(-number)])[0][0] == -number)
      }
      #expect(client.statistics.waiting == 0 && client.statistics.idle == client.statistics.open)
    }
  }
}
