import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct PoolTests {
  @Test("There are never more connections than the limit")
  func limit() async throws {
    let name = "rill-\(UInt64.random(in: 0...UInt64.max))"
    try await TestDatabase.withClient({
      $0.poolSize = 3
      $0.applicationName = name
    }) { client in
      let most = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<30 {
          group.addTask {
            try await client.query(
              "SELECT count(*) FROM pg_stat_activity, pg_sleep(0.005) WHERE application_name = $1",
              [.text(name)])[0][0]
          }
        }
        return try await group.reduce(0, max)
      }
      #expect(most == 3)
      #expect(client.statistics == PostgresStatistics(open: 3, idle: 3, waiting: 0))
    }
  }

  @Test("Connections go to the tasks in the order in which these came")
  func fairness() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      let order = Recorder<Int>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        try await client.withConnection { _ in
          for number in 0..<50 {
            group.addTask {
              try await client.withConnection { _ in order.append(number) }
            }
            try await wait { client.statistics.waiting == number + 1 }
          }
        }
        try await group.waitForAll()
      }
      #expect(order.all == Array(0..<50))
    }
  }

  @Test("Waiting for a connection ends in time, and a cancelled wait at once")
  func waiting() async throws {
    try await TestDatabase.withClient({
      $0.poolSize = 1
      $0.acquireTimeout = .seconds(1)
    }) { client in
      try await client.withConnection { _ in
        let error = try await failure { try await client.query("SELECT 1") }
        #expect(error.kind == .timeout && !error.isConnectionFailure && !error.outcomeIsUnknown)
        #expect(client.statistics.waiting == 0)
      }
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      try await client.withConnection { _ in
        let query = Task { try await client.query("SELECT 1") }
        try await wait { client.statistics.waiting == 1 }
        query.cancel()
        await #expect(throws: CancellationError.self) { try await query.value }
        #expect(client.statistics.waiting == 0)
      }
    }
  }

  @Test("A connection that was idle for long is checked before it is lent")
  func idleCheck() async throws {
    let proxy = try TestProxy()
    try await TestDatabase.withClient(
      through: proxy,
      {
        $0.poolSize = 1
        $0.idleCheck = .zero
        $0.checkTimeout = .seconds(1)
      }
    ) { client in
      let first: Int = try await client.query("SELECT pg_backend_pid()")[0][0]
      #expect(try await client.query("SELECT pg_backend_pid()")[0][0] == first)
      let accepted = proxy.accepted
      proxy.become(.stalls)
      let query = Task { try await client.query("SELECT pg_backend_pid()")[0][0] as Int }
      // The check has failed, and another connection is being opened.
      try await wait { proxy.accepted > accepted }
      proxy.become(.forwards)
      #expect(try await query.value != first)
      #expect(client.statistics == PostgresStatistics(open: 1, idle: 1, waiting: 0))
    }
  }

  @Test("A connection that is idle for too long is closed")
  func maxIdle() async throws {
    try await TestDatabase.withClient({ $0.maxIdle = .milliseconds(50) }) { client in
      _ = try await client.query("SELECT 1")
      try await wait { client.statistics.open == 0 }
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }

  @Test("Closing waits for what is lent, refuses what comes later and ends the waits")
  func close() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      let isLent = OneShot<Void>()
      let mayReturn = OneShot<Void>()
      async let loan = client.withConnection { connection in
        isLent.give(())
        await mayReturn.value()
        return try await connection.query("SELECT 1")[0][0] as Int
      }
      await isLent.value()
      let waiting = Task { try await client.query("SELECT 1") }
      try await wait { client.statistics.waiting == 1 }
      async let closing: Void = client.close()
      #expect(try await failure { try await waiting.value }.kind == .usage(.closed))
      #expect(try await failure { try await client.query("SELECT 1") }.kind == .usage(.closed))
      mayReturn.give(())
      #expect(try await loan == 1)
      await closing
      #expect(client.statistics == PostgresStatistics(open: 0, idle: 0, waiting: 0))
    }
  }

  @Test("A client that is dropped without being closed leaves no connection behind")
  func dropped() async throws {
    let name = "rill-\(UInt64.random(in: 0...UInt64.max))"
    try await TestDatabase.withClient { other in
      var configuration = try TestDatabase.configuration()
      configuration.applicationName = name
      var client: PostgresClient? = PostgresClient(configuration, logger: TestDatabase.logger)
      _ = try await client?.query("SELECT 1")
      client = nil
      try await TestDatabase.wait(
        other, until: "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)", [.text(name)])
    }
  }

  @Test(
    "Two hundred tasks share four connections, and cancellations at random leave nothing behind",
    arguments: [1, 2, 3])
  func storm(seed: UInt64) async throws {
    try await TestDatabase.withClient({ $0.poolSize = 4 }) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let written = Counter()
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(number))
          let delay = Int.random(in: 0...60, using: &generator)
          let isCancelled = Bool.random(using: &generator)
          let kind = Int.random(in: 0..<5, using: &generator)
          group.addTask {
            let work = Task { try await Self.work(client, kind, written) }
            if isCancelled {
              try? await Task.sleep(for: .milliseconds(delay))
              work.cancel()
            }
            do { try await work.value } catch {
              #expect(isCancelled && error is CancellationError, "\(error)")
            }
          }
        }
      }
      let statistics = client.statistics
      #expect(statistics.waiting == 0 && statistics.open == statistics.idle && statistics.open <= 4)
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == written.value)
    }
  }

  private static func work(_ client: PostgresClient, _ kind: Int, _ written: Counter) async throws {
    switch kind {
    case 0: #expect(try await client.query("SELECT $1 FROM pg_sleep(0.002)", ["x"])[0][0] == "x")
    case 1:
      _ = try await client.query("INSERT INTO t VALUES (1)", cancellation: .carriesThrough)
      written.add()
    case 2:
      try await client.transaction(cancellation: .carriesThrough) { connection in
        _ = try await connection.query("SELECT pg_sleep(0.001)")
        try await connection.copyIn("COPY t FROM STDIN (FORMAT binary)", columns: [.int4], rows: [[1]])
      }
      written.add()
    case 3:
      _ = try await client.pipeline((0..<10).map { PostgresStatement("SELECT $1", [.int($0)]) })
    default:
      try await client.withConnection { connection in
        _ = try await connection.copyOut(
          "COPY (SELECT x FROM generate_series(1, 5000::int8) x) TO STDOUT (FORMAT binary)", columns: [.int8]
        ) { _ in }
      }
    }
  }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
