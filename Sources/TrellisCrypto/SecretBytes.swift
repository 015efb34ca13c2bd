// Secret bytes that zero themselves, compare in constant time and never describe themselves.

import Crypto
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes of a secret: a seed, a shared secret, a derived key.
///
/// The one buffer is zeroed when the last reference goes. Arrays that a caller makes of it are the caller's to care for.
public final class SecretBytes: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// Copies `bytes`.
    public convenience init(_ bytes: [UInt8]) {
        self.init(copying: bytes.count) { storage in bytes.withUnsafeBytes { storage.copyMemory(from: $0) } }
    }

    /// Copies the bytes in `buffer`.
    public convenience init(_ buffer: UnsafeRawBufferPointer) {
        self.init(copying: buffer.count) { $0.copyMemory(from: buffer) }
    }

    /// `count` random bytes from the system's generator.
    public convenience init(random count: Int) {
        self.init(copying: count) { SystemRandom.fill($0) }
    }

    /// The concatenation of secrets.
    public convenience init(joining parts: [SecretBytes]) {
        self.init(copying: parts.reduce(0) { $0 + $1.count }) { storage in
            var rest = storage
            for part in parts {
                part.withBytes { rest.copyMemory(from: $0) }
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[part.count...])
            }
        }
    }

    init(copying count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = .allocate(byteCount: count, alignment: 16)
        fill(storage)
    }

    deinit {
        Self.erase(storage)
        storage.deallocate()
    }

    /// Zeroes an array that held a secret. Copies that were made of it are not found.
    public static func erase(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes(erase)
    }

    private static func erase(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let address = buffer.baseAddress else { return }
        #if canImport(Darwin)
            _ = memset_s(address, buffer.count, 0, buffer.count)
        #else
            explicit_bzero(address, buffer.count)
        #endif
    }

    /// The number of bytes.
    public var count: Int { storage.count }

    /// Calls `body` with the bytes. The pointer is valid only during the call.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(storage)) }
    }

    /// A part of the bytes as a secret of its own; nil if the range is outside.
    public func slice(_ range: Range<Int>) -> SecretBytes? {
        guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
        return SecretBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(storage)[range]))
    }

    /// Compares in time that depends on the lengths only.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<left.count { difference |= left.storage[index] ^ right.storage[index] }
        return difference == 0
    }

    /// "SecretBytes(n)", never the bytes.
    public var description: String { "SecretBytes(\(count))" }

    /// Hides the storage from `dump` and debuggers' mirrors.
    public var customMirror: Mirror { Mirror(self, children: ["count": count]) }

    /// The library's form of a symmetric key.
    var symmetricKey: SymmetricKey { withBytes { SymmetricKey(data: $0) } }

    convenience init(_ key: SymmetricKey) {
        self.init(copying: key.bitCount / 8) { storage in key.withUnsafeBytes { storage.copyMemory(from: $0) } }
    }
}
