import CKernels
import Foundation
import TestSupport
import Testing

@Suite("Kernels of the encoder")
struct KernelTests {
  @Test("products of all small shapes are exact, and nothing beside the result is written")
  func products() {
    var random = SeededGenerator(seed: 9)
    for _ in 0..<400 {
      let (rows, columns, inner) = (
        Int.random(in: 1...33, using: &random), Int.random(in: 1...70, using: &random),
        Int.random(in: 1...40, using: &random)
      )
      let stride = columns + Int.random(in: 0...3, using: &random)
      let isTransposed = Bool.random(using: &random)
      // Small whole numbers: every sum is exact, in any order.
      func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(Int.random(in: -9...9, using: &random)) }
      }
      let (a, b, bias) = (numbers(rows * inner), numbers(inner * columns), numbers(columns))
      var packed = [Float](repeating: .nan, count: rill_matrix_packed_count(columns, inner))
      if isTransposed {
        rill_matrix_pack_transposed(columns, inner, b, inner, &packed)
      } else {
        rill_matrix_pack(columns, inner, b, columns, &packed)
      }
      let hasBias = Bool.random(using: &random)
      var c = [Float](repeating: 1e30, count: rows * stride)
      bias.withUnsafeBufferPointer { bias in
        rill_matrix_multiply(
          rows, columns, inner, a, inner, packed, hasBias ? bias.baseAddress : nil, &c, stride)
      }
      for row in 0..<rows {
        for column in 0..<stride {
          let sum =
            column >= columns
            ? 1e30
            : (0..<inner).reduce(hasBias ? bias[column] : 0) { sum, step in
              sum + a[row * inner + step]
                * (isTransposed ? b[column * inner + step] : b[step * columns + column])
            }
          if c[row * stride + column] != sum {
            Issue.record("\(rows) × \(inner) × \(columns), row \(row), column \(column)")
            return
          }
        }
      }
    }
  }

  @Test("GELU is exact to 2e-7 of the larger of 1 and its argument")
  func gelu() {
    let arguments = stride(from: Float(-30), through: 30, by: 0.0037).map { $0 }
    var values = arguments
    rill_gelu(&values, values.count)
    for (x, value) in zip(arguments, values) {
      let exact = Double(x) * 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(value) - exact) <= 2e-7 * max(1, abs(Double(x))), "\(x)")
    }
  }

  @Test(
    "softmax is exact to 1e-6, for any width and however large the numbers",
    arguments: [1, 2, 31, 32, 33, 100, 256])
  func softmax(width: Int) {
    var random = SeededGenerator(seed: UInt64(width))
    for scale in [Float(1), 20, 1000] {
      let numbers = (0..<(3 * width)).map { _ in Float.random(in: -scale...scale, using: &random) }
      var values = numbers
      rill_softmax(&values, 3, width)
      for row in 0..<3 {
        let line = numbers[(row * width)..<((row + 1) * width)].map(Double.init)
        let largest = line.max() ?? 0
        let sum = line.reduce(0) { $0 + exp($1 - largest) }
        for (index, number) in line.enumerated() {
          #expect(abs(Double(values[row * width + index]) - exp(number - largest) / sum) < 1e-6)
        }
      }
    }
  }

  @Test("every number of 16 bits becomes the same number of 32")
  func halves() {
    let patterns = (0...UInt16.max).map { $0 }
    var (halves, bfloats) = (
      [Float](repeating: 0, count: patterns.count), [Float](repeating: 0, count: patterns.count)
    )
    rill_widen_half(patterns, patterns.count, &halves)
    rill_widen_bfloat(patterns, patterns.count, &bfloats)
    for pattern in patterns {
      let half = Float(Float16(bitPattern: pattern))
      #expect(half.isNaN ? halves[Int(pattern)].isNaN : halves[Int(pattern)].bitPattern == half.bitPattern)
      #expect(bfloats[Int(pattern)].bitPattern == UInt32(pattern) << 16)
    }
  }

  @Test("a vector of length 0 stays as it is")
  func zero() {
    var vector = [Float](repeating: 0, count: 20)
    rill_normalize(&vector, 20)
    #expect(vector == [Float](repeating: 0, count: 20))
  }
}
