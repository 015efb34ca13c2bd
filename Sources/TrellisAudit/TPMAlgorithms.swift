// The few algorithms of a TPM that quotes know, by their numbers in the TCG Algorithm Registry, and the reader of a TPM's big-endian
// structures (TPM 2.0 Library, Part 2). Nothing is read past its end and nothing is allocated that was not given.

package import TrellisCrypto

/// A hash algorithm of a TPM: of a bank of registers, or of a signature.
public enum TPMHash: UInt16, Sendable, CaseIterable {
    case sha1 = 0x0004
    case sha256 = 0x000B
    case sha384 = 0x000C
    case sha512 = 0x000D
    case sm3 = 0x0012
    case sha3With256 = 0x0027
    case sha3With384 = 0x0028
    case sha3With512 = 0x0029

    /// "sha256", as TPM tools write it; nil for those that nothing here computes.
    public var name: String? {
        switch self {
        case .sha256: "sha256"
        case .sha384: "sha384"
        case .sha512: "sha512"
        default: nil
        }
    }

    /// By the name that TPM tools give it.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The size of its digests, in bytes.
    public var digestSize: Int {
        switch self {
        case .sha1: 20
        case .sha256, .sm3, .sha3With256: 32
        case .sha384, .sha3With384: 48
        case .sha512, .sha3With512: 64
        }
    }

    /// The function; nil for those that nothing here computes: SHA-1, which is broken, and those that no TPM signs with.
    package var function: PrehashFunction? {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        default: nil
        }
    }
}

/// Why bytes are not the structure that was expected.
public struct TPMStructureError: Error, Equatable, Sendable, CustomStringConvertible {
    public let reason: String
    /// Counted from 0.
    public let offset: Int

    public var description: String { "\(reason) at byte \(offset)" }
}

/// Reads the fields of a structure one after another.
struct TPMReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func fault(_ reason: String) -> TPMStructureError { TPMStructureError(reason: reason, offset: offset) }

    mutating func raw(_ what: String, count: Int) throws(TPMStructureError) -> [UInt8] {
        guard count >= 0, count <= bytes.count - offset else { throw fault("it ends within \(what)") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func integer<Value: FixedWidthInteger>(_ what: String, as _: Value.Type = Value.self) throws(TPMStructureError) -> Value {
        try raw(what, count: MemoryLayout<Value>.size).reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    /// A TPM2B: a u16 size of at most `limit`, then the bytes.
    mutating func sized(_ what: String, limit: Int) throws(TPMStructureError) -> [UInt8] {
        let count = Int(try integer("the size of \(what)", as: UInt16.self))
        guard count <= limit else { throw fault("\(count) bytes are too many for \(what)") }
        return try raw(what, count: count)
    }

    mutating func hash(_ what: String) throws(TPMStructureError) -> TPMHash {
        let number: UInt16 = try integer(what)
        guard let hash = TPMHash(rawValue: number) else { throw fault("\(what) is unknown: \(number)") }
        return hash
    }

    func finish() throws(TPMStructureError) {
        guard offset == bytes.count else { throw fault("\(bytes.count - offset) bytes follow its end") }
    }
}
