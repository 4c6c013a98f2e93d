public import Foundation

/// What one node tells another. A message may be lost (a connection breaks, a node is away): each is a hint to look into
/// the store now, and whoever must not miss anything also looks there from time to time.
public enum NodeMessage: Sendable, Hashable, Codable {
  /// The sender has readers of this run, or still has them: they count as the run's own for a while.
  case follow(run: UUID, by: UUID)
  /// The sender's last reader of this run has gone.
  case unfollow(run: UUID, by: UUID)
  /// More events of this run are stored.
  case grown(run: UUID)
  /// Somebody has asked for the end of this run; see ``Cluster/requestStop(runID:)``.
  case stop(run: UUID)
  /// A conversation has been deleted with its runs: what is remembered of them is out of date.
  case deleted(session: UUID)
  /// Files wait to be read.
  case queued
  /// A document or its job has changed in the store, or is gone.
  case document(UUID)
  /// The progress of a file that is being read, as JSON that the store need not know. At most 4 KiB.
  case progress(Data)
  /// Searches have got a new model, or every chunk has its vector now.
  case embedded
  /// The reading of this document shall end, unless it reads the content with this hash.
  case endReading(document: UUID, exceptHash: String?)
}
