public import Foundation
public import Graph
import Postgres

/// An owner's original files in PostgreSQL.
///
/// A file belongs to one owner: whoever uploads what another one has uploaded stores it again. It is written in parts,
/// each with a transaction of its own, so that a slow upload holds neither a connection nor a lock, and it is there for
/// readers from its last part on.
public struct PostgresOriginalStore: OriginalStore {
  /// Bytes of a part; the last one of a file may be shorter.
  static let partSize = 1 << 20
  /// How old a file is that never became whole before its parts are removed.
  private static let uploadHours = 24

  let database: PostgresDatabase
  let owner: String

  public func saveOriginal(
    contentHash: String, byteCount: Int, nextPart: @Sendable () async throws -> Data?
  ) async throws {
    if try await isThere(contentHash) { return }
    let file = try await begin(contentHash, byteCount)
    do {
      let stored = try await store(file, nextPart)
      guard stored == byteCount else {
        throw StoreError(
          .conflict, "The file is not as long as was said. Send it again.",
          detail: "\(stored) of \(byteCount) bytes")
      }
      try await finish(file, contentHash)
    } catch {
      _ = try? await database.execute("DELETE FROM originals WHERE sequence = $1", [.int(file)])
      throw error
    }
  }

  public func originalSize(contentHash: String) async throws -> Int? {
    try await database.query(
      "SELECT byte_count FROM originals WHERE owner = $1 AND content_hash = $2 AND saved_at IS NOT NULL",
      [.text(owner), .text(contentHash)]
    ).first?["byte_count"]
  }

  public func original(contentHash: String, from offset: Int) async throws -> Data? {
    let offset = max(offset, 0)
    let row = try await database.query(
      """
      SELECT (
        SELECT substring(bytes FROM $4::integer) FROM original_parts
        WHERE original = originals.sequence AND number = $3
      ) AS bytes
      FROM originals WHERE owner = $1 AND content_hash = $2 AND saved_at IS NOT NULL
      """,
      [
        .text(owner), .text(contentHash), .int(Int64(offset / Self.partSize)),
        .int(Int64(offset % Self.partSize + 1)),
      ]
    ).first
    guard let row else { return nil }
    let bytes: Data? = try row["bytes"]
    return bytes ?? Data()
  }

  public func storedOriginals(among hashes: Set<String>) async throws -> Set<String> {
    guard !hashes.isEmpty else { return [] }
    return Set(
      try await database.query(
        "SELECT content_hash FROM originals WHERE owner = $1 AND content_hash = ANY ($2) AND saved_at IS NOT NULL",
        [.text(owner), .texts(Array(hashes))]
      ).map { try $0["content_hash"] as String })
  }

  /// Another node may be about to store a job that needs the file. It saves the file once more afterwards, which makes it
  /// younger than this statement, or waits for this one and finds that the file is gone.
  public func deleteOriginal(contentHash: String) async throws {
    try await database.execute(
      """
      DELETE FROM originals
      WHERE owner = $1 AND content_hash = $2 AND saved_at <= statement_timestamp() AND \(Self.isUnneeded)
      """, [.text(owner), .text(contentHash)])
  }

  private static let isUnneeded = """
    NOT EXISTS (
      SELECT 1 FROM documents WHERE documents.owner = $1 AND documents.content_hash = originals.content_hash
    )
    AND NOT EXISTS (
      SELECT 1 FROM ingestion_jobs
      WHERE ingestion_jobs.owner = $1 AND ingestion_jobs.content_hash = originals.content_hash
    )
    """

  public func abandonedOriginals(olderThan age: Duration) async throws -> [String] {
    try await database.query(
      """
      SELECT content_hash FROM originals
      WHERE owner = $1 AND saved_at <= clock_timestamp() - make_interval(secs => $2)
        AND \(Self.isUnneeded)
      ORDER BY saved_at
      """,
      [.text(owner), .double(age / .seconds(1))]
    ).map { try $0["content_hash"] }
  }

  // MARK: Saving

  /// Its age begins anew: whoever has just saved it is about to say what needs it.
  private func isThere(_ contentHash: String) async throws -> Bool {
    try await database.execute(
      """
      UPDATE originals SET saved_at = clock_timestamp()
      WHERE owner = $1 AND content_hash = $2 AND saved_at IS NOT NULL
      """,
      [.text(owner), .text(contentHash)]
    ).affectedRows > 0
  }

  /// - Returns: the number of the file to be, which nobody sees yet.
  private func begin(_ contentHash: String, _ byteCount: Int) async throws -> Int64 {
    try await database.write { connection in
      let results = try await connection.pipeline([
        PostgresStatement(
          """
          DELETE FROM originals
          WHERE owner = $1 AND saved_at IS NULL AND begun_at < clock_timestamp() - make_interval(hours => $2::integer)
          """, [.text(owner), .int(Int64(Self.uploadHours))]),
        PostgresStatement(
          "INSERT INTO originals (owner, content_hash, byte_count) VALUES ($1, $2, $3) RETURNING sequence",
          [.text(owner), .text(contentHash), .int(Int64(byteCount))]),
      ])
      guard let row = results.last?.first else { throw StoredValues.unreadable("original") }
      return try row["sequence"]
    }
  }

  /// - Returns: how many bytes there were.
  private func store(_ file: Int64, _ nextPart: @Sendable () async throws -> Data?) async throws -> Int {
    var buffer = Data()
    var number: Int64 = 0
    var size = 0
    while let part = try await nextPart() {
      buffer.append(part)
      size += part.count
      while buffer.count >= Self.partSize {
        try await store(buffer.prefix(Self.partSize), number, of: file)
        buffer = Data(buffer.dropFirst(Self.partSize))
        number += 1
      }
    }
    if !buffer.isEmpty { try await store(buffer, number, of: file) }
    return size
  }

  private func store(_ bytes: Data, _ number: Int64, of file: Int64) async throws {
    try await database.execute(
      "INSERT INTO original_parts (original, number, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [.int(file), .int(number), .bytes(bytes)])
  }

  /// Lets readers see the file, unless another upload of it was faster.
  private func finish(_ file: Int64, _ contentHash: String) async throws {
    try await database.write { connection in
      // Uploads of one content finish one after the other.
      _ = try await connection.query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || $2, 1))", [.text(owner), .text(contentHash)])
      let saved = try await connection.query(
        """
        UPDATE originals SET saved_at = clock_timestamp()
        WHERE sequence = $3 AND NOT EXISTS (
          SELECT 1 FROM originals
          WHERE owner = $1 AND content_hash = $2 AND saved_at IS NOT NULL
        )
        """,
        [.text(owner), .text(contentHash), .int(file)])
      guard saved.affectedRows == 0 else { return }
      _ = try await connection.query("DELETE FROM originals WHERE sequence = $1", [.int(file)])
    }
  }
}
