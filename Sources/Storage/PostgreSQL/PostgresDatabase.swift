public import Foundation
public import Graph
public import Logging
public import Postgres

/// Rill's own database in PostgreSQL, shared by any number of processes.
///
/// Its tables stand in the first schema of the connection's search path. Reads end early when their task is cancelled; a
/// write that has begun is always carried through: the partial answer of a stopped run is saved by a task that may already be
/// cancelled. A connection that breaks is replaced, and what it was doing is done again, for some seconds: a restart of
/// PostgreSQL is only a pause.
public struct PostgresDatabase: Sendable {
  /// For what nobody waits for word by word: conversations, documents, searches.
  let client: PostgresClient
  /// For the log of runs, which must not wait behind a long search.
  let journal: PostgresClient
  /// One connection for leases and stop requests, which must not wait behind anything: a node that is late with its lease
  /// loses its runs.
  let control: PostgresClient
  let configuration: PostgresConfiguration
  let node: PostgresNode
  /// Where the tables stand.
  let schema: String
  let knowledge: PostgresKnowledge
  let retry: PostgresRetry
  let logger: Logger
  private let ownCluster: PostgresCluster

  /// Opens the database and brings its tables up to date.
  ///
  /// - Parameter nodeID: see ``Cluster/nodeID``.
  /// - Throws: ``StoreError``: ``StoreError/Code/unavailable`` when the server cannot be reached or refuses the user,
  ///   ``StoreError/Code/newerSchema`` when a newer Rill made the tables.
  public static func open(
    _ configuration: PostgresConfiguration, nodeID: UUID, logger: Logger
  ) async throws -> PostgresDatabase {
    try await open(configuration, nodeID: nodeID, logger: logger, retry: PostgresRetry())
  }

  /// - Parameter url: `postgres://…`, or what else libpq takes for one.
  public static func open(url: String, nodeID: UUID, logger: Logger) async throws -> PostgresDatabase {
    let configuration = try await PostgresErrorMapping.run { try PostgresConfiguration(url: url) }
    return try await open(configuration, nodeID: nodeID, logger: logger)
  }

  static func open(
    _ configuration: PostgresConfiguration, nodeID: UUID, logger: Logger, retry: PostgresRetry
  ) async throws -> PostgresDatabase {
    let (client, journal, control) = clients(configuration, logger)
    do {
      let (schema, knowledge) = try await PostgresErrorMapping.run {
        try await retry.run(.cancelsQuery) { _ in
          let schema = try await currentSchema(client)
          try await PostgresSchema.migrate(client)
          return (schema, try await PostgresKnowledge.prepare(client))
        }
      }
      return PostgresDatabase(
        client: client, journal: journal, control: control, configuration: configuration,
        node: PostgresNode(id: nodeID), schema: schema, knowledge: knowledge, retry: retry, logger: logger)
    } catch {
      await client.close()
      await journal.close()
      await control.close()
      throw error
    }
  }

  private init(
    client: PostgresClient, journal: PostgresClient, control: PostgresClient,
    configuration: PostgresConfiguration, node: PostgresNode, schema: String, knowledge: PostgresKnowledge,
    retry: PostgresRetry, logger: Logger
  ) {
    self.client = client
    self.journal = journal
    self.control = control
    self.configuration = configuration
    self.node = node
    self.schema = schema
    self.knowledge = knowledge
    self.retry = retry
    self.logger = logger
    ownCluster = PostgresCluster(
      client: control, messages: client, configuration: configuration, node: node, schema: schema,
      retry: retry, logger: logger)
  }

  /// All together hold no more connections than the configuration says, with at least one each.
  private static func clients(
    _ configuration: PostgresConfiguration, _ logger: Logger
  ) -> (client: PostgresClient, journal: PostgresClient, control: PostgresClient) {
    var general = configuration
    var journal = configuration
    var control = configuration
    journal.poolSize = max(configuration.poolSize / 4, 1)
    control.poolSize = 1
    general.poolSize = max(configuration.poolSize - journal.poolSize - control.poolSize, 1)
    return (
      PostgresClient(general, logger: logger), PostgresClient(journal, logger: logger),
      PostgresClient(control, logger: logger)
    )
  }

  private static func currentSchema(_ client: PostgresClient) async throws -> String {
    let row = try await client.query("SELECT current_schema()::text AS name", cancellation: .cancelsQuery)
      .first
    guard let name: String = try row?["name"] else {
      throw StoreError(
        .unavailable,
        "The schema of the connection's search path does not exist. Create it, or correct the path.")
    }
    return name
  }
}

extension PostgresDatabase: RillDatabase {
  public func stores(of owner: Owner) -> Stores {
    Stores(
      conversations: PostgresConversationStore(database: self, owner: owner.id),
      runs: PostgresRunStore(database: self, owner: owner.id),
      checkpointer: PostgresCheckpointer(database: self, owner: owner.id),
      knowledge: PostgresKnowledgeStore(database: self, owner: owner.id),
      ingestion: PostgresIngestionStore(database: self, owner: owner.id),
      embeddings: PostgresEmbeddingStore(database: self, owner: owner.id),
      settings: PostgresSettingStore(database: self, owner: owner.id),
      originals: PostgresOriginalStore(database: self, owner: owner.id),
      health: self)
  }

  public var cluster: (any Cluster)? { ownCluster }

  /// Waits for what is going on and closes the connections. Later calls fail.
  public func close() async {
    await client.close()
    await journal.close()
    await control.close()
  }
}

extension PostgresDatabase: StoreHealth {
  /// How long whoever asks waits for a server that is away.
  private static let availabilityTimeout = Duration.seconds(2)

  public func checkAvailability() async throws {
    try await PostgresErrorMapping.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await checkWritability() }
        group.addTask {
          try await Task.sleep(for: Self.availabilityTimeout)
          throw StoreError(
            .unavailable, "The database does not answer. Check its address and that it is running.")
        }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
  }

  private func checkWritability() async throws {
    let rows = try await client.query(
      """
      SELECT current_setting('transaction_read_only') = 'on' AS is_read_only,
        EXISTS (SELECT 1 FROM sessions LIMIT 1) AS has_sessions
      """, cancellation: .cancelsQuery)
    if try rows.first?["is_read_only"] ?? false {
      throw StoreError(
        .unavailable,
        "The database can only be read. Check that Rill is connected to the primary server.")
    }
  }
}
