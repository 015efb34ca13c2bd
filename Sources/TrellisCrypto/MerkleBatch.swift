// One signature for many messages: the root of a Merkle tree over them is signed, and each message gets a proof of its own that
// stands alone. For whoever signs thousands of things for different holders at once.
//
//     leaf(i) = H(0x00 ‖ "trellis/batch/leaf/1" ‖ context ‖ salt(i)[32] ‖ message(i))          domains with their length in front
//     signed  = context ‖ number of the hash u8 ‖ number of messages u64 ‖ root,  for the purpose "trellis/batch/1"
//     proof   = "TRLSBAT" ‖ 1 ‖ hash u8 ‖ scheme u16 ‖ index u64 ‖ size u64 ‖ salt[32] ‖ path ‖ signature       lists with a u32 count
//
// The signature is for a purpose of its own: one on a batch never passes for one on a message, nor the other way round. The salt keeps
// a holder from guessing the messages of others by the hashes in its path. Index and size are bound: the signature holds the size, the
// path holds the index.

/// A signature of one message that was signed with others in a batch.
public struct MerkleBatchProof: Sendable, Equatable {
    /// The most messages in one batch.
    public static let sizeMaximum = 1 << 20
    static let saltSize = 32
    private static let magic = Array("TRLSBAT".utf8) + [1]

    public let suite: HashSuite
    public let scheme: SignatureSchemeIdentifier
    /// The message's place in the batch.
    public let index: UInt64
    /// How many messages were signed together.
    public let size: UInt64
    let salt: [UInt8]
    /// The hashes beside the way from the message to the root.
    public let path: [Digest]
    /// The signature of the root.
    public let signature: [UInt8]

    /// Signs all `messages` for one purpose: a proof for each, in their order.
    ///
    /// - Throws: `CryptoError.batchRefused` for no messages or more than `sizeMaximum`; `signingFailed`.
    public static func sign(
        _ messages: [[UInt8]], with key: any SigningKey, context: Domain, suite: HashSuite = .sha256
    ) throws -> [MerkleBatchProof] {
        guard (1...sizeMaximum).contains(messages.count) else {
            throw CryptoError.batchRefused("\(messages.count) messages, not 1 to \(sizeMaximum)")
        }
        let size = UInt64(messages.count)
        let salts = SecretBytes(random: messages.count * saltSize).withBytes { Array($0) }
        var salt: (Int) -> [UInt8] { { Array(salts[($0 * saltSize)..<(($0 + 1) * saltSize)]) } }
        var frontier = MerkleFrontier(suite: suite)
        var nodes: [[Digest]] = []
        for (index, message) in messages.enumerated() {
            frontier.append(leaf(message, salt(index), context, suite)) { level, _, hash in
                if level == nodes.count { nodes.append([]) }
                nodes[level].append(hash)
            }
        }
        let signature = try key.sign(statement(frontier.root(), size, context, suite), context: .batch)
        return (0..<messages.count).map { index in
            let path = Merkle.inclusionProof(index: UInt64(index), size: size, suite: suite) { level, position in
                nodes[level][Int(position)]
            }
            return MerkleBatchProof(
                suite: suite, scheme: key.scheme, index: UInt64(index), size: size, salt: salt(index), path: path, signature: signature)
        }
    }

    /// Whether the holder of `key` signed `message` for this purpose, in the batch and at the place that the proof says.
    public func isValid(for message: [UInt8], by key: any VerifyingKey, context: Domain) -> Bool {
        guard key.scheme == scheme, let statement = statement(of: message, context) else { return false }
        return key.isValid(signature, for: statement, context: .batch)
    }

    /// What the signature must be of if `message` is in the batch; nil if index, size and path do not go together.
    func statement(of message: [UInt8], _ context: Domain) -> [UInt8]? {
        guard size <= Self.sizeMaximum else { return nil }
        let leaf = Self.leaf(message, salt, context, suite)
        guard let root = Merkle.inclusionRoot(leafHash: leaf, index: index, size: size, proof: path, suite: suite) else { return nil }
        return Self.statement(root, size, context, suite)
    }

    private static func leaf(_ message: [UInt8], _ salt: [UInt8], _ context: Domain, _ suite: HashSuite) -> Digest {
        suite.hashing { update in
            withUnsafeBytes(of: UInt8(0), update)
            for part in [Domain.batchLeaf.prefixed, context.prefixed, salt, message] { part.withUnsafeBytes(update) }
        }
    }

    private static func statement(_ root: Digest, _ size: UInt64, _ context: Domain, _ suite: HashSuite) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(context.prefixed)
        writer.integer(suite.rawValue)
        writer.integer(size)
        writer.digest(root)
        return writer.bytes
    }

    /// The proof as bytes: 67, a digest for each doubling of the batch, and the signature.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.raw(Self.magic)
        writer.integer(suite.rawValue)
        writer.integer(scheme.rawValue)
        writer.integer(index)
        writer.integer(size)
        writer.raw(salt)
        writer.digests(path)
        writer.string(signature)
        return writer.bytes
    }
}

extension MerkleBatchProof {
    /// Reads what `encoded` gives, and nothing else.
    ///
    /// - Throws: `CryptoError.malformedBatchProof`, and why.
    public init(encoded bytes: [UInt8]) throws(CryptoError) {
        do {
            self = try Self.decode(bytes)
        } catch {
            throw .malformedBatchProof(error.reason)
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(ByteReaderError) -> MerkleBatchProof {
        var reader = ByteReader(bytes)
        guard try reader.raw("the magic number", count: magic.count) == magic else {
            throw ByteReaderError(reason: "it is no batch proof of version 1")
        }
        guard let suite = HashSuite(rawValue: try reader.integer("the hash")) else { throw ByteReaderError(reason: "unknown hash") }
        let number = SignatureSchemeIdentifier(rawValue: try reader.integer("the scheme"))
        guard let scheme = SignatureScheme.identified(number) else { throw ByteReaderError(reason: "unknown signature scheme") }
        let index: UInt64 = try reader.integer("the index")
        let size: UInt64 = try reader.integer("the size")
        guard size <= UInt64(sizeMaximum), index < size else { throw ByteReaderError(reason: "message \(index) of \(size)") }
        let salt = try reader.raw("the salt", count: saltSize)
        let path = try reader.digests("the path", suite, limit: Merkle.proofSize(index: index, size: size))
        guard path.count == Merkle.proofSize(index: index, size: size) else { throw ByteReaderError(reason: "its path is too short") }
        let signature = try reader.string("the signature", limit: scheme.signatureSize)
        try reader.finish()
        return MerkleBatchProof(
            suite: suite, scheme: number, index: index, size: size, salt: salt, path: path, signature: signature)
    }
}

/// Checks the proofs of one signer, and each signature once: of a whole batch, the first proof costs a signature, the others hashes.
public struct MerkleBatchVerifier: Sendable {
    private let key: any VerifyingKey
    private let context: Domain
    private var known: (statement: [UInt8], signature: [UInt8])?

    public init(key: any VerifyingKey, context: Domain) {
        self.key = key
        self.context = context
    }

    /// As `MerkleBatchProof.isValid`.
    public mutating func isValid(_ proof: MerkleBatchProof, for message: [UInt8]) -> Bool {
        guard key.scheme == proof.scheme, let statement = proof.statement(of: message, context) else { return false }
        if let known, known.statement == statement, known.signature == proof.signature { return true }
        guard key.isValid(proof.signature, for: statement, context: .batch) else { return false }
        known = (statement, proof.signature)
        return true
    }
}

extension Domain {
    static let batch = Domain("trellis/batch/1")
    static let batchLeaf = Domain("trellis/batch/leaf/1")
}
