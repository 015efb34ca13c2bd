// One message on its way, and the intake that opens it as a node's does: decoded, bounded, verified.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// A broadcast is one letter to many, opened once.
final class Letter {
    enum Body {
        case message(PeerMessage)
        /// Bytes that may be no message.
        case bytes([UInt8])

        var size: Int {
            switch self {
            case .message(let message): message.wireBytes.count
            case .bytes(let bytes): bytes.count
            }
        }
    }

    let sender: ValidatorIndex
    private let body: Body
    private var isOpen = false
    private var input: Input?

    init(sender: ValidatorIndex, body: Body) {
        self.sender = sender
        self.body = body
    }

    /// How many blocks it carries.
    var blockCount: Int { if case .message(.blocks(let blocks)) = body { blocks.count } else { 0 } }

    /// The input that the message is to a validator; nil when its intake refuses it.
    func open(_ intake: Intake) -> Input? {
        if !isOpen {
            isOpen = true
            input = intake.input(body, from: sender)
        }
        return input
    }
}

/// Opens letters. A block that was verified once is not verified again: what one machine's journal serves is what another signed.
final class Intake {
    /// A block's bytes, told apart by what no two blocks share: the end of the signature.
    private struct Encoded: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            hasher.combine(bytes.count)
            for byte in bytes.suffix(8) { hasher.combine(byte) }
        }
    }

    private let committee: Committee
    private let saw: (Block) -> Void
    private var blocks: [Encoded: VerifiedBlock?] = [:]

    /// - Parameter saw: hears once of every block that is valid.
    init(_ committee: Committee, saw: @escaping (Block) -> Void) {
        self.committee = committee
        self.saw = saw
    }

    func input(_ body: Letter.Body, from sender: ValidatorIndex) -> Input? {
        switch body {
        case .message(let message): input(message, from: sender)
        case .bytes(let bytes):
            (try? PeerMessage(wireBytes: bytes, committee: committee)).flatMap { input($0, from: sender) }
        }
    }

    private func input(_ message: PeerMessage, from sender: ValidatorIndex) -> Input? {
        switch message {
        case .blocks(let blocks): .blocks(blocks.compactMap(verified), from: sender)
        case .heartbeat(let heartbeat): .heartbeat(heartbeat, from: sender)
        case .fetch(let references): .fetch(references, from: sender)
        case .fetchRounds(let round): .fetchRounds(round, from: sender)
        case .certificate(let certificate):
            (try? certificate.verify(committee)) != nil || Mutation.isPlanted(.certificateUnchecked) ? .certificate(certificate) : nil
        case .catchUp(let message): .catchUp((try? message.checked(committee)) ?? .lie, from: sender)
        case .recall(let nonce): .recall(nonce: nonce, from: sender)
        case .letPass(let round): .letPass(round, from: sender)
        case .recalled(let nonce, let newest): recalled(nonce, newest, from: sender)
        }
    }

    private func recalled(_ nonce: UInt64, _ newest: [UInt8], from sender: ValidatorIndex) -> Input? {
        guard !newest.isEmpty else { return .recalled(nonce: nonce, nil, from: sender) }
        guard let block = verified(newest), block.block.author == sender else { return nil }
        return .recalled(nonce: nonce, block, from: sender)
    }

    private func verified(_ bytes: [UInt8]) -> VerifiedBlock? {
        let key = Encoded(bytes: bytes)
        if let known = blocks[key] { return known }
        let block = try? VerifiedBlock(wireBytes: bytes, committee: committee)
        blocks[key] = .some(block)
        if let block { saw(block.block) }
        return block
    }
}
