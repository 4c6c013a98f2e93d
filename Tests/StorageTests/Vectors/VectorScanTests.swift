import Foundation
import Graph
import TestSupport
import Testing

@testable import Storage

@Suite("An exact search of vectors")
struct VectorScanTests {
  /// Vectors and what a search of them must give.
  struct Sample {
    var table: VectorTable
    var rows: [(sequence: Int64, document: Int64, vector: [Float])] = []

    init(dimension: Int, codeThreshold: Int) {
      let limits = VectorIndexLimits(
        blockCapacity: 500, codeThreshold: codeThreshold, parallelThreshold: 3_000)
      table = VectorTable(dimension: dimension, limits: limits)
    }

    mutating func append(_ vector: [Float], document: Int64) {
      let sequence = Int64(rows.count * 3 + 1)
      rows.append((sequence, document, vector))
      vector.withUnsafeBufferPointer { table.append(sequence: sequence, document: document, vector: $0) }
    }

    func expected(_ query: [Float], limit: Int, _ isSearched: (Int64) -> Bool) -> [(Int64, Double)] {
      let all = rows.filter { isSearched($0.document) }.map { ($0.sequence, cosine(query, $0.vector)) }
      return Array(all.sorted { $0.1 > $1.1 }.prefix(limit))
    }
  }

  enum Distribution: CaseIterable {
    case random, clustered, nearlyEqual, extreme
  }

  private func sample(
    _ distribution: Distribution, count: Int, dimension: Int, codeThreshold: Int, seed: UInt64
  ) -> (Sample, SeededGenerator) {
    var random = SeededGenerator(seed: seed)
    var sample = Sample(dimension: dimension, codeThreshold: codeThreshold)
    let centres = (0..<20).map { _ in random.direction(dimension) }
    for index in 0..<count {
      let vector: [Float] =
        switch distribution {
        case .random: random.direction(dimension)
        case .clustered: random.neighbour(of: centres[index % 20], distance: 0.7)
        case .nearlyEqual: random.neighbour(of: centres[0], distance: 0.001)
        // One component outweighs all others: the worst that can happen to codes with one scale.
        case .extreme: unit(random.direction(dimension).enumerated().map { $0 == 0 ? 30 : $1 })
        }
      sample.append(vector, document: Int64(index / 10))
    }
    sample.table.makeCodesIfLarge()
    return (sample, random)
  }

  /// The scores must be those of the best; which of two nearly equal ones comes first is open.
  private func check(
    _ sample: Sample, _ query: [Float], limit: Int, documents: Set<Int64>? = nil,
    isPresent: (Int64) -> Bool = { _ in true }
  ) {
    let found = VectorScan(table: sample.table, query: query, limit: limit, documents: documents).run()
    let expected = sample.expected(query, limit: limit) {
      isPresent($0) && documents?.contains($0) ?? true
    }
    #expect(found.count == expected.count)
    #expect(Set(found.map(\.sequence)).count == found.count)
    for (entry, best) in zip(found, expected) {
      #expect(abs(Double(entry.score) - best.1) < 1e-5)
      let row = sample.rows[Int(entry.sequence - 1) / 3]
      #expect(abs(Double(entry.score) - cosine(query, row.vector)) < 1e-5)
      #expect(isPresent(row.document) && documents?.contains(row.document) ?? true)
    }
  }

  @Test(
    "equals comparing with every vector", arguments: Distribution.allCases,
    [20_000, 0])
  func bruteForce(distribution: Distribution, codeThreshold: Int) {
    for (count, dimension) in [(1, 3), (300, 17), (2_900, 32), (600, 384)] {
      var (sample, random) = sample(
        distribution, count: count, dimension: dimension, codeThreshold: codeThreshold, seed: 7)
      #expect(sample.table.hasCodes == (codeThreshold == 0))
      for limit in [1, 10, 100, count + 1] {
        check(sample, random.direction(dimension), limit: limit)
        check(sample, sample.rows[count / 2].vector, limit: limit)
      }
    }
  }

  @Test("by several threads equals comparing with every vector", arguments: [20_000, 0])
  func parallel(codeThreshold: Int) {
    var (sample, random) = sample(
      .clustered, count: 9_000, dimension: 8, codeThreshold: codeThreshold, seed: 3)
    for _ in 0..<3 { check(sample, random.direction(8), limit: 50) }
  }

  @Test("leaves out other documents and what is removed", arguments: [1_000_000, 0])
  func filters(codeThreshold: Int) {
    var (sample, random) = sample(
      .clustered, count: 2_500, dimension: 16, codeThreshold: codeThreshold, seed: 5)
    let query = random.direction(16)
    let documents = Set((0..<250).filter { _ in Bool.random(using: &random) }.map(Int64.init))
    check(sample, query, limit: 40, documents: documents)
    check(sample, query, limit: 40, documents: [])
    check(sample, query, limit: 40, documents: [17])
    let kept = sample.rows.filter { $0.document % 3 != 0 }.map(\.sequence)
    sample.table.keep(only: kept)
    #expect(sample.table.liveCount == kept.count)
    check(sample, query, limit: 40) { $0 % 3 != 0 }
    check(sample, query, limit: 40, documents: documents) { $0 % 3 != 0 }
    #expect(sample.table.isSparse)
    sample.table = sample.table.compacted()
    #expect(sample.table.count == kept.count)
    #expect(sample.table.hasCodes == (codeThreshold == 0))
    check(sample, query, limit: 40, documents: documents) { $0 % 3 != 0 }
  }

  @Test("of vectors without a length finds them at cosine 0")
  func zero() {
    var sample = Sample(dimension: 4, codeThreshold: 0)
    for index in 0..<3 { sample.append([0, 0, 0, 0], document: Int64(index)) }
    sample.append([1, 0, 0, 0], document: 3)
    sample.table.makeCodesIfLarge()
    check(sample, [1, 0, 0, 0], limit: 9)
    check(sample, [0, 0, 0, 0], limit: 9)
  }

  @Test("goes on with what it began with while the table grows")
  func snapshot() {
    var sample = Sample(dimension: 2, codeThreshold: 0)
    sample.append([1, 0], document: 1)
    sample.table.makeCodesIfLarge()
    let before = sample.table
    sample.append([1, 0], document: 2)
    sample.table.keep(only: [4])
    let old = VectorScan(table: before, query: [1, 0], limit: 9, documents: nil).run()
    #expect(old.map(\.sequence) == [1])
    let new = VectorScan(table: sample.table, query: [1, 0], limit: 9, documents: nil).run()
    #expect(new.map(\.sequence) == [4])
  }

  @Test("codes products of any dimension without overflowing")
  func largeDimension() {
    var sample = Sample(dimension: 8_192, codeThreshold: 0)
    let flat = unit(Array(repeating: 1, count: 8_192))
    sample.append(flat, document: 1)
    sample.append(flat.map { -$0 }, document: 2)
    sample.table.makeCodesIfLarge()
    check(sample, flat, limit: 2)
    check(sample, unit((0..<8_192).map { $0 == 5 ? 1 : 0 }), limit: 2)
  }
}

@Suite("The best of many")
struct TopKTests {
  @Test("are the highest scores, of equal ones the lowest numbers", arguments: UInt64(1)...20)
  func random(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let entries = (0..<200).map {
      TopK.Entry(score: Float(Int.random(in: 0..<40, using: &random)), sequence: Int64($0))
    }.shuffled(using: &random)
    for limit in [0, 1, 7, 200, 300] {
      var (first, second) = (TopK(limit: limit), TopK(limit: limit))
      for (index, entry) in entries.enumerated() {
        if index.isMultiple(of: 2) {
          first.offer(entry.score, entry.sequence)
        } else {
          second.offer(entry.score, entry.sequence)
        }
      }
      first.merge(second)
      #expect(first.sorted == Array(entries.sorted { $0.isBetter(than: $1) }.prefix(limit)))
    }
  }
}
