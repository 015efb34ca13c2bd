// The hash functions a ledger may be run with, and domain-separated hashing over them.

import Crypto
import Foundation

/// A hash function (FIPS 180-4) chosen by genesis. The raw value is its number on the wire.
public enum HashSuite: UInt8, Sendable, Hashable, CaseIterable {
    /// SHA-256: 32 bytes, collision resistance of category 2.
    case sha256 = 1
    /// SHA-384: 48 bytes, collision resistance of category 4.
    case sha384 = 2

    /// "sha256" or "sha384".
    public var name: String {
        switch self {
        case .sha256: "sha256"
        case .sha384: "sha384"
        }
    }

    /// "SHA-256" or "SHA-384".
    public var standardName: String { "SHA-\(digestSize * 8)" }

    /// The suite with this name; nil if there is none.
    public init?(name: String) {
        guard let suite = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = suite
    }

    /// The size of a digest in bytes: 32 or 48.
    public var digestSize: Int {
        switch self {
        case .sha256: 32
        case .sha384: 48
        }
    }

    /// The hash of `bytes`.
    public func hash(_ bytes: [UInt8]) -> Digest {
        hashing { update in bytes.withUnsafeBytes(update) }
    }

    /// The hash of `bytes`.
    public func hash(_ bytes: ArraySlice<UInt8>) -> Digest {
        hashing { update in bytes.withUnsafeBytes(update) }
    }

    /// The domain-separated hash H(length of domain as one byte ‖ domain ‖ parts…).
    ///
    /// The parts are not delimited: callers give them fixed sizes or their own lengths.
    public func tagged(_ domain: Domain, _ parts: [[UInt8]]) -> Digest {
        hashing { update in
            domain.prefixed.withUnsafeBytes(update)
            for part in parts { part.withUnsafeBytes(update) }
        }
    }

    /// Runs `feed`, which hands its input to the closure it is given, piece by piece, and returns the hash of it all.
    @inline(__always)
    func hashing(_ feed: (_ update: (UnsafeRawBufferPointer) -> Void) -> Void) -> Digest {
        switch self {
        case .sha256: Self.run(SHA256(), feed)
        case .sha384: Self.run(SHA384(), feed)
        }
    }

    @inline(__always)
    private static func run<Function: HashFunction>(
        _ function: Function, _ feed: (_ update: (UnsafeRawBufferPointer) -> Void) -> Void
    ) -> Digest {
        var function = function
        feed { function.update(bufferPointer: $0) }
        guard let digest = function.finalize().withUnsafeBytes({ Digest($0) }) else {
            preconditionFailure("SHA-256 and SHA-384 give 32 and 48 bytes")
        }
        return digest
    }
}

/// The name of one use of a hash or a signature, so that a value made for one purpose never serves another.
public struct Domain: Sendable, Hashable, CustomStringConvertible {
    /// The ASCII name, at most 255 bytes.
    public let name: String
    /// The bytes of the name.
    public let bytes: [UInt8]
    /// One byte of length, then the bytes of the name.
    let prefixed: [UInt8]

    /// A domain fixed in the source code. A name longer than 255 bytes is a programming error.
    public init(_ name: StaticString) {
        precondition(name.utf8CodeUnitCount <= 255, "a domain has at most 255 bytes")
        self.init(unchecked: Array(name.description.utf8))
    }

    /// A domain from any bytes; nil if there are more than 255 (FIPS 204 §5.2 limits a context string so).
    package init?(bytes: [UInt8]) {
        guard bytes.count <= 255 else { return nil }
        self.init(unchecked: bytes)
    }

    private init(unchecked bytes: [UInt8]) {
        name = String(decoding: bytes, as: UTF8.self)
        self.bytes = bytes
        prefixed = [UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    public var description: String { name }

    public static func == (left: Domain, right: Domain) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    public static let block = Domain("trellis/block/1")
    public static let checkpoint = Domain("trellis/checkpoint/1")
    public static let commit = Domain("trellis/commit/1")
    public static let votes = Domain("trellis/votes/2")
    public static let genesis = Domain("trellis/genesis/1")
    public static let state = Domain("trellis/state/1")
    public static let evidence = Domain("trellis/evidence/1")
    public static let threshold = Domain("trellis/threshold/1")
    public static let handshake = Domain("trellis/handshake/1")
    public static let auditQuote = Domain("trellis/audit-quote/1")
}
