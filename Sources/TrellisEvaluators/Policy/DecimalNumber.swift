// Decimal numbers of any length, compared as they are written: no rounding, so that no number of a proposal slips past a bound by being long.

/// A decimal number, from `4.50`, `-3e2` or `+.5`.
struct DecimalNumber: Sendable, Comparable {
    private let isNegative: Bool
    /// Without zeros at either end; none for zero.
    private let digits: [UInt8]
    /// The number is 0.DIGITS times ten to this power.
    private let exponent: Int

    /// Beyond this, exponents are all the same: no bound in a policy is so far away.
    private static let exponentMaximum = 1 << 50

    /// Reads a sign, digits with or without a point, and an exponent, blanks around them ignored; nil for anything else.
    init?(_ text: String) {
        var rest = text.trimmed.utf8[...]
        let isNegative = Self.takeSign(&rest)
        var digits = Self.takeDigits(&rest)
        var point = digits.count
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            digits += Self.takeDigits(&rest)
        }
        guard !digits.isEmpty else { return nil }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest.removeFirst()
            let isBelowOne = Self.takeSign(&rest)
            let power = Self.takeDigits(&rest)
            guard !power.isEmpty else { return nil }
            let size = power.reduce(0) { min(Self.exponentMaximum, $0 * 10 + Int($1)) }
            point += isBelowOne ? -size : size
        }
        guard rest.isEmpty else { return nil }
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        exponent = digits.isEmpty ? 0 : point - zeros
        self.isNegative = isNegative && !digits.isEmpty
    }

    init(_ value: Int) {
        var digits: [UInt8] = []
        var rest = value.magnitude
        while rest > 0 {
            digits.append(UInt8(rest % 10))
            rest /= 10
        }
        exponent = digits.count
        self.digits = Array(digits.drop { $0 == 0 }.reversed())
        isNegative = value < 0
    }

    private static func takeSign(_ rest: inout Substring.UTF8View) -> Bool {
        guard let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return false }
        rest.removeFirst()
        return sign == UInt8(ascii: "-")
    }

    private static func takeDigits(_ rest: inout Substring.UTF8View) -> [UInt8] {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        return digits.map { $0 - 0x30 }
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        guard left.isNegative == right.isNegative else { return left.isNegative }
        return left.isNegative ? isSmaller(right, left) : isSmaller(left, right)
    }

    /// By size alone.
    private static func isSmaller(_ left: DecimalNumber, _ right: DecimalNumber) -> Bool {
        if left.digits.isEmpty || right.digits.isEmpty { return left.digits.isEmpty && !right.digits.isEmpty }
        if left.exponent != right.exponent { return left.exponent < right.exponent }
        return left.digits.lexicographicallyPrecedes(right.digits)
    }
}
