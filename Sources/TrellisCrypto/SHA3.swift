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

    /// The digests of messages: those of one length go side by side, several times faster than one after another.
    public static func digests256(_ messages: [[UInt8]]) -> [[UInt8]] {
        guard let length = messages.first?.count, messages.allSatisfy({ $0.count == length }) else { return messages.map(digest256) }
        // Laid end to end, so that one pointer each suffices.
        let joined = Array(messages.joined())
        let digests = [UInt8](unsafeUninitializedCapacity: 32 * messages.count) { digests, count in
            joined.withUnsafeBufferPointer { bytes in
                guard let input = bytes.baseAddress ?? UnsafePointer(digests.baseAddress), let output = digests.baseAddress else { return }
                let pointers: [UnsafePointer<UInt8>?] = messages.indices.map { input + $0 * length }
                output.withMemoryRebound(to: SHA3Digest.self, capacity: messages.count) {
                    tk_sha3_256_x(messages.count, UnsafeMutableRawPointer($0).assumingMemoryBound(to: SHA3Digest.self), pointers, length)
                }
            }
            count = 32 * messages.count
        }
        return messages.indices.map { Array(digests[32 * $0..<32 * $0 + 32]) }
    }
}

/// How the kernels' header is seen here: an array of 32 bytes.
private typealias SHA3Digest = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8,
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)

/// SHAKE128 or SHAKE256: absorbs any number of parts, then gives an output of any length.
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
