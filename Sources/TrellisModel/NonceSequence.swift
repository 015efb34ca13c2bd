// The nonces of records that were given as one batch under one key: server and client make the same.

/// Nonces that follow one another: a base whose last eight bytes count up, big-endian, wrapping.
public struct NonceSequence: Sendable {
    private let base: [UInt8]
    private var counter: UInt64

    public init(base: Nonce) {
        self.base = Array(base.bytes.prefix(8))
        counter = base.bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    public mutating func next() -> Nonce {
        defer { counter &+= 1 }
        return Nonce(prefix: base, counter: counter)
    }
}

extension Nonce {
    fileprivate init(prefix: [UInt8], counter: UInt64) {
        self.init(unchecked: prefix + withUnsafeBytes(of: counter.bigEndian) { Array($0) })
    }
}
