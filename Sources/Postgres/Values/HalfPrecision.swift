/// Numbers of 16 bits, as `halfvec` stores them. Swift's own `Float16` is missing on one of the platforms.
enum HalfPrecision {
  /// The nearest number of 16 bits, ties to even; too large ones become infinite.
  static func bits(of value: Float) -> UInt16 {
    let sign = UInt16(value.sign == .minus ? 0x8000 : 0)
    let magnitude = value.magnitude
    if magnitude.isNaN { return sign | 0x7e00 }
    // Half of the last place above the largest finite number rounds up to infinity.
    if magnitude >= 65520 { return sign | 0x7c00 }
    // Below 2^-14 the numbers are equally spaced: multiples of 2^-24.
    if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven)) }
    // Rounding may carry into the exponent, which is what it shall do.
    let rebased = magnitude.bitPattern - (112 << 23)
    let odd = (rebased >> 13) & 1
    return sign | UInt16(truncatingIfNeeded: (rebased + 0xfff + odd) >> 13)
  }

  static func value(of bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0: return sign * Float(fraction) * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(bitPattern: (exponent + 112) << 23 | fraction << 13)
    }
  }
}
