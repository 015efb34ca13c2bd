// SHA3-256 and SHAKE (FIPS 202) on the kernels, for what the library has no way to: output of any length, and many messages at once.

internal import CTrellisKernels

/// SHA3-256, one message or many of one length.
public enum SHA3 {
    /// The digest: 32 bytes.
    public static func digest256(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            if let address = digest.baseAddress { tk_sha3_256(address, message, message.count) }
            count = 32
        }
    }

    /// The digests of messages of one length, laid end to end: 32 bytes each, end to end. Side by side they are several times faster
    /// than one after another.
    ///
    /// - Parameter length: Of each message, in bytes; what is left over at the end of `messages` is not hashed. At least 1.
    public static func digests256(of messages: [UInt8], length: Int) -> [UInt8] {
        guard length > 0 else { return [] }
        let total = messages.count / length
        return [UInt8](unsafeUninitializedCapacity: 32 * total) { digests, initialized in
            messages.withUnsafeBufferPointer { bytes in
                guard total > 0, let input = bytes.baseAddress, let output = UnsafeMutableRawPointer(digests.baseAddress) else { return }
                withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: total) { pointers in
                    for place in 0..<total { pointers.initializeElement(at: place, to: input + place * length) }
                    tk_sha3_256_x(total, output.assumingMemoryBound(to: SHA3Digest.self), pointers.baseAddress, length)
                }
            }
            initialized = 32 * total
        }
    }
}

/// How the kernels' header is seen here: an array of 32 bytes.
private typealias SHA3Digest = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)

/// SHAKE128 or SHAKE256: absorbs any number of parts, then gives an output of any length. For public data: its state is not zeroed.
public struct SHAKE: Sendable {
    public enum Strength: Sendable {
        case shake128, shake256
    }

    private var sponge = tk_sponge()

    public init(_ strength: Strength) {
        let rate = strength == .shake128 ? TK_SHAKE128_RATE : TK_SHAKE256_RATE
        tk_sponge_init(&sponge, rate, UInt8(truncatingIfNeeded: TK_SHAKE_SUFFIX))
    }

    /// Takes in more of the message.
    public mutating func absorb(_ bytes: [UInt8]) {
        tk_sponge_absorb(&sponge, bytes, bytes.count)
    }

    /// The output for what was absorbed so far.
    public var output: Output {
        var finished = sponge
        tk_sponge_finish(&finished)
        return Output(sponge: finished)
    }

    /// An output without an end.
    public struct Output: Sendable {
        fileprivate var sponge: tk_sponge

        /// The next `count` bytes.
        public mutating func next(_ count: Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: count) { bytes, initialized in
                if let address = bytes.baseAddress { tk_sponge_squeeze(&sponge, address, count) }
                initialized = count
            }
        }
    }

    /// The first `count` bytes of output for one message.
    public static func output(_ strength: Strength, _ message: [UInt8], count: Int) -> [UInt8] {
        var shake = SHAKE(strength)
        shake.absorb(message)
        var output = shake.output
        return output.next(count)
    }
}
