import Foundation
import Testing

@testable import Providers

@Suite struct NetworkAddressTests {
  private static func address(_ text: String) throws -> NetworkAddress {
    var v4 = in_addr()
    var v6 = in6_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      return NetworkAddress(bytes: withUnsafeBytes(of: v4) { Array($0) })
    }
    try #require(inet_pton(AF_INET6, text, &v6) == 1)
    return NetworkAddress(bytes: withUnsafeBytes(of: v6) { Array($0) })
  }

  @Test(
    "Addresses of this machine, of its network and with special purposes are not public",
    arguments: [
      "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
      "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
      "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
      "224.0.0.1",
      "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
      "2002:a00:1::", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "5f00::1",
    ])
  func special(text: String) throws {
    #expect(try !Self.address(text).isPublic)
  }

  @Test(
    "Addresses of the Internet are",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
      "128.0.0.1",
      "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
      "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
      "64:ff9b::808:808",
      "2002:808:808::", "2001:200::1",
    ])
  func ordinary(text: String) throws {
    #expect(try Self.address(text).isPublic)
  }
}
