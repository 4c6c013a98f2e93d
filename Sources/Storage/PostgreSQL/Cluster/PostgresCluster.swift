public import Foundation
public import Graph
import Logging
import Postgres
import Synchronization

/// The nodes that share a database, told apart by leases and talking through LISTEN and NOTIFY.
public final class PostgresCluster: Cluster {
  /// How long a stop request is kept: a run that begins later has nothing to do with it.
  private static let stopMinutes = 10
  /// How long a node that has gone is remembered, for whoever looks into the database.
  private static let goneHours = 24

  private let client: PostgresClient
  /// For messages, of which there may be many.
  private let messages: PostgresClient
  let configuration: PostgresConfiguration
  private let node: PostgresNode
  private let channels: PostgresChannels
  private let retry: PostgresRetry
  let logger: Logger
  /// Whether this process has taken its node over from the one before it.
  private let hasLease = Mutex(false)

  init(
    client: PostgresClient, messages: PostgresClient, configuration: PostgresConfiguration,
    node: PostgresNode, schema: String,
    retry: PostgresRetry, logger: Logger
  ) {
    self.client = client
    self.messages = messages
    self.configuration = configuration
    self.node = node
    channels = PostgresChannels(schema: schema)
    self.retry = retry
    self.logger = logger
  }

  public var nodeID: UUID { node.id }

  // MARK: Leases

  /// - Throws: ``StoreError/Code/conflict`` when another process has taken this node's place meanwhile.
  public func renewLease(for duration: Duration) async throws -> Date {
    let hasLease = hasLease.withLock { $0 }
    let rows = try await execute(
      """
      WITH forgotten_stops AS (
        DELETE FROM run_stops WHERE run_id IN (
          SELECT run_id FROM run_stops
          WHERE requested_at < clock_timestamp() - make_interval(mins => \(Self.stopMinutes))
          LIMIT 1000 FOR UPDATE SKIP LOCKED
        )
      ), forgotten_writes AS (
        DELETE FROM writes WHERE id IN (
          SELECT id FROM writes
          WHERE written_at < clock_timestamp() - make_interval(mins => \(Self.stopMinutes))
          LIMIT 10000 FOR UPDATE SKIP LOCKED
        )
      ), forgotten_nodes AS (
        DELETE FROM nodes WHERE id IN (
          SELECT id FROM nodes
          WHERE lease_until < clock_timestamp() - make_interval(hours => \(Self.goneHours)) AND id <> $1
          FOR UPDATE SKIP LOCKED
        )
      )
      INSERT INTO nodes (id, incarnation, lease_until)
      VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
      ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until, incarnation = excluded.incarnation,
        started_at = CASE nodes.incarnation WHEN excluded.incarnation THEN nodes.started_at
          ELSE excluded.started_at END
      WHERE nodes.incarnation = excluded.incarnation OR NOT $4
      RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
      """,
      [.uuid(node.id), .uuid(node.incarnation), .double(duration / .seconds(1)), .bool(hasLease)])
    guard let row = rows.first else {
      throw StoreError(
        .conflict,
        "Another Rill has started with the id of this one. Give each of them a data folder of its own.")
    }
    self.hasLease.withLock { $0 = true }
    return try await PostgresErrorMapping.run { StoredValues.date(milliseconds: try row["now"]) }
  }

  public func leave() async throws {
    try await execute(
      "DELETE FROM nodes WHERE id = $1 AND incarnation = $2", [.uuid(node.id), .uuid(node.incarnation)])
    hasLease.withLock { $0 = false }
  }

  public func livingNodes() async throws -> Set<UUID> {
    Set(try await ids("SELECT id FROM nodes WHERE lease_until > clock_timestamp()"))
  }

  // MARK: Runs

  public func node(runID: UUID) async throws -> UUID? {
    try await ids("SELECT node FROM runs WHERE id = $1 AND status = 'running'", [.uuid(runID)]).first
  }

  public func ownRuns() async throws -> Set<UUID> {
    Set(
      try await ids(
        "SELECT id FROM runs WHERE status = 'running' AND node = $1 AND incarnation = $2",
        [.uuid(node.id), .uuid(node.incarnation)]))
  }

  public func requestStop(runID: UUID) async throws -> UUID? {
    // Committed before the look: a run that begins in between is asked for afterwards, and finds this.
    try await execute(
      """
      INSERT INTO run_stops (run_id) VALUES ($1)
      ON CONFLICT (run_id) DO UPDATE SET requested_at = excluded.requested_at
      """, [.uuid(runID)])
    return try await node(runID: runID)
  }

  public func stopRequests(among runs: Set<UUID>) async throws -> Set<UUID> {
    guard !runs.isEmpty else { return [] }
    return Set(
      try await ids("SELECT run_id FROM run_stops WHERE run_id = ANY($1)", [.uuids(Array(runs))]))
  }

  // MARK: Messages

  public func send(_ messages: [NodeMessage], to node: UUID?) async throws {
    guard !messages.isEmpty else { return }
    let payloads = try PostgresNotification.payloads(of: messages, from: self.node.id)
    try await execute(
      on: self.messages,
      // A hint need not wait for the disk: whoever sends it waits for nothing, and it may be lost.
      """
      SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload)
      FROM unnest($2::text[]) WITH ORDINALITY AS part (payload, place) ORDER BY place
      """,
      [.text(node.map(channels.channel) ?? channels.everyone), .texts(payloads)])
  }

  public func listen(_ receive: @escaping @Sendable (ClusterEvent) async -> Void) async {
    let listener = PostgresListener(
      configuration, channels: [channels.everyone, channels.channel(of: node.id)], logger: logger)
    await listener.run { [node, logger] event in
      switch event {
      case .connected: await receive(.connected)
      case .notification(_, let payload, _):
        guard let notification = PostgresNotification(payload: payload) else {
          return logger.warning(
            "A message of another node cannot be read", metadata: ["bytes": "\(payload.utf8.count)"])
        }
        guard notification.sender != node.id else { return }
        for message in notification.messages { await receive(.message(message)) }
      }
    }
  }

  // MARK: Statements

  private func ids(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> [UUID] {
    try await PostgresErrorMapping.run {
      try await retry.run(.cancelsQuery) { _ in
        try await client.query(sql, parameters, cancellation: .cancelsQuery).map { try $0[0] }
      }
    }
  }

  /// A statement that may be done twice.
  @discardableResult
  private func execute(
    on client: PostgresClient? = nil, _ sql: String, _ parameters: [PostgresValue] = []
  ) async throws -> PostgresResult {
    try await PostgresErrorMapping.run {
      try await retry.run(.carriesThrough) { _ in
        try await (client ?? self.client).query(sql, parameters, cancellation: .carriesThrough)
      }
    }
  }
}
