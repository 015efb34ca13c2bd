// A state as it travels to who is far behind (PROTOCOL §8): the ledger's snapshot, whose layout is the ledger's, then the foundation.

public import TrellisModel

public struct TravellingState: Sendable, WireEncodable {
    /// The ledger's snapshot. Nobody has looked into it.
    public let ledger: [UInt8]
    public let foundation: Foundation

    public init(ledger: [UInt8], foundation: Foundation) {
        self.ledger = ledger
        self.foundation = foundation
    }

    /// Reads what a peer sent. The foundation is all that is needed to go on from the checkpoint's commit; the snapshot is still to be held
    /// against the checkpoint.
    ///
    /// - Throws: `WireError`, `CatchUpError`.
    public init(wireBytes bytes: [UInt8], of checkpoint: Checkpoint, _ committee: Committee) throws {
        var decoder = WireDecoder(bytes, suite: committee.suite)
        ledger = try decoder.byteString("ledger", limit: decoder.remaining)
        foundation = try Foundation(from: &decoder, committee: committee)
        try decoder.finish()
        try foundation.verify(checkpoint, committee)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.byteString(ledger)
        foundation.encode(to: &encoder)
    }
}
