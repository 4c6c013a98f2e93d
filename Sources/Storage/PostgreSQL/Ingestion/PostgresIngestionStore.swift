public import Foundation
public import Graph
import Postgres

/// An owner's ingestion jobs in PostgreSQL.
public struct PostgresIngestionStore: IngestionStore {
  let database: PostgresDatabase
  let owner: String

  public func enqueue(_ jobs: [IngestionJob]) async throws {
    // Of several jobs of one document the last is what remains, in its place.
    var latest: [UUID: Int] = [:]
    for (place, job) in jobs.enumerated() { latest[job.documentID] = place }
    let kept = latest.values.sorted().map { jobs[$0] }
    guard !kept.isEmpty else { return }
    let statement = Self.insert(kept, owner: owner)
    try await database.write { connection in
      _ = try await connection.pipeline([
        PostgresStatement(
          "DELETE FROM ingestion_jobs WHERE owner = $1 AND document_id = ANY($2)",
          [.text(owner), .uuids(kept.map(\.documentID))]), statement,
      ])
    }
  }

  /// A job that another process is taking at this moment is passed over.
  public func claimJob(now: Date) async throws -> IngestionJob? {
    try await database.write { connection in
      try await connection.query(
        """
        UPDATE ingestion_jobs SET state = 'reading', attempts = attempts + 1, updated_at = $2, node = $3,
          incarnation = $4
        WHERE sequence = (
          SELECT sequence FROM ingestion_jobs WHERE owner = $1 AND state = 'queued'
          ORDER BY created_at, sequence LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING \(Self.columns)
        """,
        [
          .text(owner), .int(StoredValues.milliseconds(now)), .uuid(database.node.id),
          .uuid(database.node.incarnation),
        ]
      ).first.map(IngestionJob.init(row:))
    }
  }

  /// At the start of a process nothing of its node is being read, whatever an earlier process had claimed.
  public func requeueClaimedJobs() async throws -> Int {
    try await requeue("node = $2 OR \(Self.isAbandoned)", database.node.id)
  }

  public func requeueAbandonedJobs() async throws -> Int {
    try await requeue("incarnation IS DISTINCT FROM $2 AND \(Self.isAbandoned)", database.node.incarnation)
  }

  public func updateJob(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool {
    try await updateJob(
      documentID: documentID, contentHash: contentHash, reader: nil, state: state, failure: failure, now: now)
  }

  public func endReading(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool {
    try await updateJob(
      documentID: documentID, contentHash: contentHash, reader: database.node.incarnation, state: state,
      failure: failure, now: now)
  }

  /// - Parameter reader: the process that must have claimed the job; `nil` for any state of it.
  private func updateJob(
    documentID: UUID, contentHash: String, reader: UUID?, state: IngestionJob.State,
    failure: IngestionJob.Failure?, now: Date
  ) async throws -> Bool {
    let parameters: [PostgresValue] = [
      .text(owner), .uuid(documentID), .text(contentHash), .text(state.rawValue),
      PostgresValue(failure?.code), PostgresValue(failure?.message), .int(StoredValues.milliseconds(now)),
      PostgresValue(reader),
    ]
    return try await database.write { connection in
      try await connection.query(
        """
        UPDATE ingestion_jobs SET state = $4, failure_code = $5, failure_message = $6, updated_at = $7,
          attempts = CASE $4 WHEN 'queued' THEN 0 ELSE attempts END, node = NULL, incarnation = NULL
        WHERE owner = $1 AND document_id = $2 AND content_hash = $3
          AND ($8::uuid IS NULL OR state = 'reading' AND incarnation = $8)
        """, parameters
      ).affectedRows > 0
    }
  }

  public func job(documentID: UUID) async throws -> IngestionJob? {
    try await jobs("document_id = $2", [.uuid(documentID)]).first
  }

  public func job(source: String) async throws -> IngestionJob? {
    try await jobs(
      "md5(source) = md5($2) AND source = $2 ORDER BY created_at DESC, sequence DESC LIMIT 1",
      [.text(source)]
    ).first
  }

  public func jobs(limit: Int) async throws -> [IngestionJob] {
    try await jobs("true ORDER BY created_at DESC, sequence DESC LIMIT $2", [.int(Int64(max(limit, 0)))])
  }

  public func deleteJob(documentID: UUID) async throws -> Bool {
    try await database.write { connection in
      try await connection.query(
        "DELETE FROM ingestion_jobs WHERE owner = $1 AND document_id = $2", [.text(owner), .uuid(documentID)]
      ).affectedRows > 0
    }
  }

  public func isOriginalNeeded(contentHash: String) async throws -> Bool {
    try await database.query(
      """
      SELECT EXISTS (SELECT 1 FROM documents WHERE owner = $1 AND content_hash = $2)
        OR EXISTS (SELECT 1 FROM ingestion_jobs WHERE owner = $1 AND content_hash = $2) AS is_needed
      """,
      [.text(owner), .text(contentHash)]
    ).first?["is_needed"] ?? false
  }

  // MARK: Rows

  private func requeue(_ condition: String, _ id: UUID) async throws -> Int {
    try await database.write { connection in
      try await connection.query(
        """
        UPDATE ingestion_jobs SET state = 'queued', node = NULL, incarnation = NULL
        WHERE owner = $1 AND state = 'reading' AND (\(condition))
        """, [.text(owner), .uuid(id)]
      ).affectedRows
    }
  }

  private static let isAbandoned = """
    NOT EXISTS (
      SELECT 1 FROM nodes
      WHERE nodes.id = ingestion_jobs.node AND nodes.incarnation = ingestion_jobs.incarnation
        AND nodes.lease_until > clock_timestamp()
    )
    """

  private func jobs(_ condition: String, _ parameters: [PostgresValue]) async throws -> [IngestionJob] {
    try await database.query(
      "SELECT \(Self.columns) FROM ingestion_jobs WHERE owner = $1 AND \(condition)",
      [.text(owner)] + parameters
    ).map(IngestionJob.init(row:))
  }

  private static let columns = """
    document_id, source, media_type, content_hash, byte_count, state, failure_code, failure_message, attempts, \
    created_at, updated_at
    """

  /// What an upload replaces in the job of another one that comes at the same moment.
  private static let replacedColumns = [
    "source", "media_type", "content_hash", "byte_count", "state", "failure_code", "failure_message",
    "attempts",
    "created_at", "updated_at",
  ]

  /// In their order, in which they are read when their times are the same.
  private static func insert(_ jobs: [IngestionJob], owner: String) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO ingestion_jobs
        (owner, document_id, source, media_type, content_hash, byte_count, state, failure_code,
         failure_message, attempts, created_at, updated_at)
      SELECT $1, document_id, source, CASE has_media_type WHEN 0 THEN NULL ELSE media_type END, content_hash,
        byte_count, state, CASE has_failed WHEN 0 THEN NULL ELSE failure_code END,
        CASE has_failed WHEN 0 THEN NULL ELSE failure_message END, attempts, created_at, updated_at
      FROM unnest(
        $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bigint[],
        $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[]
      ) WITH ORDINALITY AS job
        (document_id, source, has_media_type, media_type, content_hash, byte_count, state, has_failed,
         failure_code, failure_message, attempts, created_at, updated_at, place)
      ORDER BY place
      ON CONFLICT (owner, document_id) DO UPDATE SET (\(replacedColumns.joined(separator: ", ")))
        = (\(replacedColumns.map { "excluded." + $0 }.joined(separator: ", "))), node = NULL, incarnation = NULL
      """,
      [
        .text(owner), .uuids(jobs.map(\.documentID)), .texts(jobs.map(\.source)),
        .ints(jobs.map { $0.mediaType == nil ? 0 : 1 }), .texts(jobs.map { $0.mediaType ?? "" }),
        .texts(jobs.map(\.contentHash)), .ints(jobs.map { Int64($0.byteCount) }),
        .texts(jobs.map(\.state.rawValue)), .ints(jobs.map { $0.failure == nil ? 0 : 1 }),
        .texts(jobs.map { $0.failure?.code ?? "" }), .texts(jobs.map { $0.failure?.message ?? "" }),
        .ints(jobs.map { Int64($0.attempts) }), .ints(jobs.map { StoredValues.milliseconds($0.createdAt) }),
        .ints(jobs.map { StoredValues.milliseconds($0.updatedAt) }),
      ])
  }
}

extension IngestionJob {
  fileprivate init(row: PostgresRow) throws {
    guard let state = State(rawValue: try row["state"]) else {
      throw StoredValues.unreadable("ingestion job")
    }
    let code: String? = try row["failure_code"]
    let message: String? = try row["failure_message"]
    self.init(
      documentID: try row["document_id"], source: try row["source"], mediaType: try row["media_type"],
      contentHash: try row["content_hash"], byteCount: try row["byte_count"], state: state,
      failure: code.map { Failure(code: $0, message: message ?? "") },
      createdAt: StoredValues.date(milliseconds: try row["created_at"]),
      updatedAt: StoredValues.date(milliseconds: try row["updated_at"]), attempts: try row["attempts"])
  }
}
