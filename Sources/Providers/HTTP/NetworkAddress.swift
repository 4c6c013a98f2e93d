import Foundation

/// An IPv4 or IPv6 address.
struct NetworkAddress: Sendable, Hashable {
  /// 4 or 16 bytes, in the order of the network.
  let bytes: [UInt8]

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// - Parameter socketAddress: the bytes of a `sockaddr`. `nil` when it is of another family, or cut off.
  init?(_ socketAddress: UnsafeRawBufferPointer) {
    guard socketAddress.count >= MemoryLayout<sockaddr>.size else { return nil }
    switch Int32(socketAddress.loadUnaligned(as: sockaddr.self).sa_family) {
    case AF_INET where socketAddress.count >= MemoryLayout<sockaddr_in>.size:
      let address = socketAddress.loadUnaligned(as: sockaddr_in.self).sin_addr
      bytes = withUnsafeBytes(of: address) { Array($0) }
    case AF_INET6 where socketAddress.count >= MemoryLayout<sockaddr_in6>.size:
      let address = socketAddress.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      bytes = withUnsafeBytes(of: address) { Array($0) }
    default: return nil
    }
  }

  /// Whether it belongs to a machine on the public Internet: neither this one, nor its network, nor any range with a special
  /// purpose (the registries of IANA after RFC 6890; shared addresses of RFC 6598; the metadata services of clouds are
  /// link-local or private).
  var isPublic: Bool {
    switch bytes.count {
    case 4: !Self.special.contains { $0.contains(bytes) }
    case 16: isPublicVersion6
    default: false
    }
  }

  private var isPublicVersion6: Bool {
    // What stands for an IPv4 address is judged as that: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
    if bytes[..<12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
      || bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
    {
      return NetworkAddress(bytes: Array(bytes[12...])).isPublic
    }
    if bytes[..<2] == [0x20, 0x02] { return NetworkAddress(bytes: Array(bytes[2..<6])).isPublic }
    // Only 2000::/3 is given out; 2001::/23 and 2001:db8::/32 in it have special purposes, 3fff::/20 is for documentation.
    guard bytes[0] & 0xE0 == 0x20 else { return false }
    if bytes[..<2] == [0x20, 0x01], bytes[2] < 2 { return false }
    if bytes[..<4] == [0x20, 0x01, 0x0D, 0xB8] { return false }
    return !(bytes[..<2] == [0x3F, 0xFF] && bytes[2] < 0x10)
  }

  private struct Block {
    var prefix: [UInt8]
    var length: Int

    func contains(_ bytes: [UInt8]) -> Bool {
      (0..<length).allSatisfy { bit in
        let mask = UInt8(0x80) >> UInt8(bit % 8)
        return bytes[bit / 8] & mask == prefix[bit / 8] & mask
      }
    }
  }

  private static let special: [Block] = [
    Block(prefix: [0, 0, 0, 0], length: 8), Block(prefix: [10, 0, 0, 0], length: 8),
    Block(prefix: [100, 64, 0, 0], length: 10), Block(prefix: [127, 0, 0, 0], length: 8),
    Block(prefix: [169, 254, 0, 0], length: 16), Block(prefix: [172, 16, 0, 0], length: 12),
    Block(prefix: [192, 0, 0, 0], length: 24), Block(prefix: [192, 0, 2, 0], length: 24),
    Block(prefix: [192, 88, 99, 0], length: 24), Block(prefix: [192, 168, 0, 0], length: 16),
    Block(prefix: [198, 18, 0, 0], length: 15), Block(prefix: [198, 51, 100, 0], length: 24),
    Block(prefix: [203, 0, 113, 0], length: 24), Block(prefix: [224, 0, 0, 0], length: 4),
    Block(prefix: [240, 0, 0, 0], length: 4),
  ]
}
