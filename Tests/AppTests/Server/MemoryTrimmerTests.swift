import CAllocations
import Foundation
import Testing

@testable import App

// The C library's own memory: a sanitizer has another, which is not trimmed.
@Suite(.enabled(if: rill_counts_allocations())) struct MemoryTrimmerTests {
  #if canImport(Glibc)
    @Test("Memory that was freed between what is still used goes back to the system")
    func trim() throws {
      // Each piece is smaller than what the C library takes from the system for itself alone.
      var pieces: [[UInt8]?] = (0..<64_000).map { _ in [UInt8](repeating: 1, count: 4_000) }
      for index in pieces.indices where index % 16 != 0 { pieces[index] = nil }
      let before = try #require(MemoryTrimmer.residentBytes())
      MemoryTrimmer.trim()
      let after = try #require(MemoryTrimmer.residentBytes())
      #expect(before - after > 100 << 20)
      #expect(pieces.count == 64_000)
    }
  #endif
}
