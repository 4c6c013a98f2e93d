import CKernels
import Foundation
import Synchronization

/// An exact search: the result is that of comparing the query with every vector.
///
/// Where there are codes it compares those first, a quarter of the bytes. How far the product of a code may lie from that
/// of its vector is known: by the inequality of Cauchy and Schwarz no further than the length of what the code lost. So
/// each vector has a lowest and a highest possible score, and only those whose highest one reaches the lowest one of the
/// k-th best are compared as floats.
struct VectorScan: Sendable {
  let table: VectorTable
  let query: [Float]
  let limit: Int
  /// Numbers of the documents to search; `nil` for all.
  let documents: Set<Int64>?

  static let workerCount = max(1, min(ProcessInfo.processInfo.activeProcessorCount, 4))

  func run() -> [TopK.Entry] {
    guard limit > 0, !table.blocks.isEmpty else { return [] }
    let workers = table.count >= table.limits.parallelThreshold ? Self.workerCount : 1
    guard workers > 1 else { return best(worker: 0, of: 1).sorted }
    let all = Mutex(TopK(limit: limit))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      let best = best(worker: worker, of: workers)
      all.withLock { $0.merge(best) }
    }
    return all.withLock { $0.sorted }
  }

  /// The best of every `count`-th block.
  private func best(worker: Int, of count: Int) -> TopK {
    let indices = stride(from: worker, to: table.blocks.count, by: count)
    return table.hasCodes ? bestByCodes(indices) : bestByFloats(indices)
  }

  private func rows(of block: VectorBlock) -> [Range<Int>] {
    guard let documents else { return block.liveRows }
    return block.searchedRows { documents.contains($0) }
  }

  private func bestByFloats(_ indices: StrideTo<Int>) -> TopK {
    var best = TopK(limit: limit)
    var scores = [Float](repeating: 0, count: table.blocks.map(\.count).max() ?? 0)
    for index in indices {
      let block = table.blocks[index]
      for range in rows(of: block) {
        score(block, range, &scores)
        for row in range where scores[row - range.lowerBound] >= best.threshold {
          best.offer(scores[row - range.lowerBound], block.sequences[row])
        }
      }
    }
    return best
  }

  private func score(_ block: VectorBlock, _ range: Range<Int>, _ scores: inout [Float]) {
    block.values.withRows { rows in
      guard let start = rows.baseAddress else { return }
      rill_scan_f32(query, start + range.lowerBound * table.dimension, range.count, table.dimension, &scores)
    }
  }

  private func bestByCodes(_ indices: StrideTo<Int>) -> TopK {
    var queryCodes = [Int16](repeating: 0, count: table.dimension)
    var queryError: Float = 0
    let queryScale = rill_quantize_query(query, table.dimension, &queryCodes, &queryError)
    // The lowest possible scores, of which only the k-th best counts.
    var lowest = TopK(limit: limit)
    var coarse: [CoarseScores] = []
    for index in indices {
      let block = table.blocks[index]
      guard let codes = block.codes else { continue }
      for range in rows(of: block) {
        let scores = CoarseScores(block: index, rows: range, codes: codes, queryCodes, queryScale)
        for row in range {
          let low = scores.values[row - range.lowerBound] - codes.errors[row]
          if low >= lowest.threshold { lowest.offer(low, block.sequences[row]) }
        }
        coarse.append(scores)
      }
    }
    // What the query's own code lost counts for each vector; so does rounding, generously.
    return exact(coarse, from: lowest.threshold - 2 * queryError - 1e-5)
  }

  /// Compares the floats of all vectors whose score may reach `bound`.
  private func exact(_ coarse: [CoarseScores], from bound: Float) -> TopK {
    var best = TopK(limit: limit)
    var score: Float = 0
    for scores in coarse {
      let block = table.blocks[scores.block]
      guard let errors = block.codes?.errors else { continue }
      block.values.withRows { rows in
        guard let start = rows.baseAddress else { return }
        for row in scores.rows where scores.values[row - scores.rows.lowerBound] + errors[row] >= bound {
          rill_scan_f32(query, start + row * table.dimension, 1, table.dimension, &score)
          best.offer(score, block.sequences[row])
        }
      }
    }
    return best
  }
}

/// Scores of the codes of some rows.
private struct CoarseScores {
  let block: Int
  let rows: Range<Int>
  let values: [Float]

  init(block: Int, rows: Range<Int>, codes: VectorCodes, _ query: [Int16], _ queryScale: Float) {
    self.block = block
    self.rows = rows
    values = [Float](unsafeUninitializedCapacity: rows.count) { buffer, count in
      codes.codes.withUnsafeBufferPointer { bytes in
        codes.scales.withUnsafeBufferPointer { scales in
          guard let target = buffer.baseAddress, let bytes = bytes.baseAddress,
            let scales = scales.baseAddress
          else { return }
          rill_scan_i8(
            query, bytes + rows.lowerBound * codes.dimension, rows.count, codes.dimension,
            scales + rows.lowerBound, queryScale, target)
        }
      }
      count = rows.count
    }
  }
}
