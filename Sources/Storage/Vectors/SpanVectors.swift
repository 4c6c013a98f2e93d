import CKernels
import Foundation

/// Vectors of the parts of a text in a quarter of the bytes: for each a 32-bit scale, then 8 bits for each component.
enum SpanVectors {
  static func encode(_ spans: [[Float]]) -> Data {
    var data = Data()
    for span in spans {
      var codes = [Int8](repeating: 0, count: span.count)
      var error: Float = 0
      let scale = rill_quantize_row(span, span.count, &codes, &error)
      withUnsafeBytes(of: scale) { data.append(contentsOf: $0) }
      codes.withUnsafeBytes { data.append(contentsOf: $0) }
    }
    return data
  }

  static func decode(_ data: Data, dimension: Int) throws -> [[Float]] {
    let size = MemoryLayout<Float>.size + dimension
    guard data.count.isMultiple(of: size) else { throw StoredValues.unreadable("vectors of sentences") }
    return data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: size).map { start in
        let scale = bytes.loadUnaligned(fromByteOffset: start, as: Float.self)
        let codes = UnsafeRawBufferPointer(rebasing: bytes[(start + size - dimension)..<(start + size)])
        // Both are plain memory, so that several numbers are read at once.
        return [Float](unsafeUninitializedCapacity: dimension) { numbers, count in
          codes.withMemoryRebound(to: Int8.self) { codes in
            for index in 0..<dimension { numbers[index] = Float(codes[index]) * scale }
          }
          count = dimension
        }
      }
    }
  }
}
