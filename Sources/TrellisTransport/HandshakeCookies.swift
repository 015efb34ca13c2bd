// Stateless cookies: under load a hello is answered by a MAC over its sender's address, which costs us no memory and no public-key
// work, and only a hello that brings it back from that address is taken up. The clock is the caller's.

import TrellisCrypto
import TrellisModel

/// The secrets that cookies are made with: a fresh one for each time bucket; the one before stays good for one bucket more.
struct CookieKeys: Sendable {
    private struct Key: Sendable {
        let bucket: UInt64
        let secret: SecretBytes

        init(bucket: UInt64) {
            self.bucket = bucket
            secret = SecretBytes(random: HandshakeContext.macSize)
        }

        func cookie(for hello: Hello, from address: [UInt8]) -> [UInt8] {
            var encoder = WireEncoder()
            encoder.u64(bucket)
            encoder.byteString(address)
            encoder.raw(hello.core)
            return KeyDerivation.hmac(HandshakeContext.suite, key: secret, message: Array("cookie".utf8) + encoder.bytes)
        }
    }

    private var current: Key
    private var previous: Key?

    init(bucket: UInt64) { current = Key(bucket: bucket) }

    /// Moves on to `bucket`. Secrets older than the bucket before are erased.
    mutating func rotate(to bucket: UInt64) {
        guard bucket > current.bucket else { return }
        previous = bucket == current.bucket + 1 ? current : nil
        current = Key(bucket: bucket)
    }

    func cookie(for hello: Hello, from address: [UInt8]) -> [UInt8] { current.cookie(for: hello, from: address) }

    func accepts(_ hello: Hello, from address: [UInt8]) -> Bool {
        [current, previous].compactMap { $0 }.contains { KeyDerivation.isEqual(hello.cookie, $0.cookie(for: hello, from: address)) }
    }
}

/// Demands a cookie of everyone who comes from `address`.
struct CookieDemand: Sendable {
    let keys: CookieKeys
    let address: [UInt8]
}
