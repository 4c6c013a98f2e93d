import Foundation
import GRDB
import Graph

/// Ingestion jobs in SQLite.
struct SQLiteIngestionStore: IngestionStore {
  let database: SQLiteDatabase
  let owner: Owner

  func enqueue(_ jobs: [IngestionJob]) async throws {
    try await database.write { db in
      for job in jobs { try job.replace(owner, db) }
    }
  }

  func claimJob(now: Date) async throws -> IngestionJob? {
    try await database.write { db in
      let statement = try db.cachedStatement(
        sql: """
          UPDATE ingestion_jobs SET state = 'reading', attempts = attempts + 1, updated_at = ?
          WHERE sequence = (
            SELECT sequence FROM ingestion_jobs WHERE owner = ? AND state = 'queued'
            ORDER BY created_at, sequence LIMIT 1
          )
          RETURNING *
          """)
      return try Row.fetchOne(statement, arguments: [StoredValues.milliseconds(now), owner.id])
        .map(IngestionJob.init(row:))
    }
  }

  func requeueClaimedJobs() async throws -> Int {
    try await database.write { db in
      try db.execute(
        sql: "UPDATE ingestion_jobs SET state = 'queued' WHERE owner = ? AND state = 'reading'",
        arguments: [owner.id])
      return db.changesCount
    }
  }

  func updateJob(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool {
    try await updateJob(
      documentID: documentID, contentHash: contentHash, from: nil, to: state, failure: failure, now: now)
  }

  func endReading(
    documentID: UUID, contentHash: String, state: IngestionJob.State, failure: IngestionJob.Failure?,
    now: Date
  ) async throws -> Bool {
    try await updateJob(
      documentID: documentID, contentHash: contentHash, from: .reading, to: state, failure: failure, now: now)
  }

  /// - Parameter former: the state that the job must be in; `nil` for any.
  private func updateJob(
    documentID: UUID, contentHash: String, from former: IngestionJob.State?, to state: IngestionJob.State,
    failure: IngestionJob.Failure?, now: Date
  ) async throws -> Bool {
    try await database.write { db in
      try db.execute(
        sql: """
          UPDATE ingestion_jobs SET state = ?1, failure_code = ?2, failure_message = ?3, updated_at = ?4,
            attempts = CASE ?1 WHEN 'queued' THEN 0 ELSE attempts END
          WHERE document_id = ?5 AND content_hash = ?6 AND owner = ?7
            AND (?8 IS NULL OR state = ?8)
          """,
        arguments: [
          state.rawValue, failure?.code, failure?.message, StoredValues.milliseconds(now),
          StoredValues.text(documentID), contentHash, owner.id,
          former?.rawValue,
        ])
      return db.changesCount > 0
    }
  }

  func job(documentID: UUID) async throws -> IngestionJob? {
    try await job("document_id = ?", StoredValues.text(documentID))
  }

  func job(source: String) async throws -> IngestionJob? {
    try await job("source = ? ORDER BY created_at DESC, sequence DESC LIMIT 1", source)
  }

  func jobs(limit: Int) async throws -> [IngestionJob] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT * FROM ingestion_jobs WHERE owner = ? ORDER BY created_at DESC, sequence DESC LIMIT ?",
        arguments: [owner.id, max(limit, 0)]
      ).map(IngestionJob.init(row:))
    }
  }

  func deleteJob(documentID: UUID) async throws -> Bool {
    try await database.write { db in
      try db.execute(
        sql: "DELETE FROM ingestion_jobs WHERE document_id = ? AND owner = ?",
        arguments: [StoredValues.text(documentID), owner.id])
      return db.changesCount > 0
    }
  }

  /// By anybody: files are kept once for all owners.
  func isOriginalNeeded(contentHash: String) async throws -> Bool {
    try await database.read { db in
      try Bool.fetchOne(
        db,
        sql: """
          SELECT EXISTS (SELECT 1 FROM documents WHERE content_hash = ?1)
            OR EXISTS (SELECT 1 FROM ingestion_jobs WHERE content_hash = ?1)
          """,
        arguments: [contentHash]) ?? false
    }
  }

  private func job(_ condition: String, _ key: String) async throws -> IngestionJob? {
    try await database.read { db in
      try Row.fetchOne(
        db, sql: "SELECT * FROM ingestion_jobs WHERE owner = ? AND \(condition)",
        arguments: [owner.id, key]
      ).map(IngestionJob.init(row:))
    }
  }
}

extension IngestionJob {
  fileprivate init(row: Row) throws {
    guard let state = State(rawValue: row["state"]) else { throw StoredValues.unreadable("ingestion job") }
    let code: String? = row["failure_code"]
    self.init(
      documentID: try StoredValues.id(row["document_id"]), source: row["source"],
      mediaType: row["media_type"], contentHash: row["content_hash"], byteCount: row["byte_count"],
      state: state, failure: code.map { Failure(code: $0, message: row["failure_message"] ?? "") },
      createdAt: StoredValues.date(milliseconds: row["created_at"]),
      updatedAt: StoredValues.date(milliseconds: row["updated_at"]), attempts: row["attempts"])
  }

  /// Another owner's job of this document is not replaced but a conflict.
  fileprivate func replace(_ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(sql: "DELETE FROM ingestion_jobs WHERE document_id = ? AND owner = ?")
      .execute(arguments: [StoredValues.text(documentID), owner.id])
    try db.cachedStatement(
      sql: """
        INSERT INTO ingestion_jobs
          (owner, document_id, source, media_type, content_hash, byte_count, state, failure_code, failure_message,
           attempts, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      owner.id, StoredValues.text(documentID), source, mediaType, contentHash, byteCount, state.rawValue,
      failure?.code, failure?.message, attempts, StoredValues.milliseconds(createdAt),
      StoredValues.milliseconds(updatedAt),
    ])
  }
}
