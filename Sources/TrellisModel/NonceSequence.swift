// The nonces of records that were given as one batch under one key: server and client make the same.

/// Nonces that follow one another: a base whose last eight bytes count up, big-endian, wrapping.
public struct NonceSequence: Sendable {
    private let base: Nonce
    private var counter: UInt64

    public init(base: Nonce) {
        self.base = base
        counter = base.bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    public mutating func next() -> Nonce {
        defer { counter &+= 1 }
        var bytes = base.bytes
        withUnsafeBytes(of: counter.bigEndian) { bytes.replaceSubrange(8..., with: $0) }
        return Nonce(bytes) ?? base
    }
}
