// From bytes of a peer to inputs of the core: decodes, checks bounds and signatures on the delivery thread, counts what is refused.
// Nothing that fails here reaches the protocol.

import Logging
import Synchronization
import TrellisConsensus
import TrellisModel
import TrellisTransport

final class PeerIntake: Sendable {
    private let committee: Committee
    private let logger: Logger
    private let rejected = Atomic<UInt64>(0)

    init(committee: Committee, logger: Logger) {
        self.committee = committee
        self.logger = logger
    }

    var rejectedCount: UInt64 { rejected.load(ordering: .relaxed) }

    func input(_ event: PeerEvent) -> Input? {
        switch event {
        case .connected(let peer):
            logger.info("peer connected", metadata: ["peer": "\(peer)"])
            return .connected(peer)
        case .disconnected(let peer, let reason):
            logger.info("peer disconnected", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
            return nil
        case .message(let peer, let bytes): return input(bytes, from: peer)
        }
    }

    private func input(_ bytes: [UInt8], from peer: ValidatorIndex) -> Input? {
        do {
            switch try PeerMessage(wireBytes: bytes, committee: committee) {
            case .blocks(let blocks): return .blocks(blocks.compactMap { verified($0, from: peer) }, from: peer)
            case .heartbeat(let heartbeat): return .heartbeat(heartbeat, from: peer)
            case .fetch(let references): return .fetch(references, from: peer)
            case .fetchRounds(let from): return .fetchRounds(from, from: peer)
            case .certificate(let certificate):
                _ = try certificate.verify(committee)
                return .certificate(certificate)
            case .recall(let nonce): return .recall(nonce: nonce, from: peer)
            case .letPass(let round): return .letPass(round, from: peer)
            case .recalled(let nonce, let newest):
                guard !newest.isEmpty else { return .recalled(nonce: nonce, nil, from: peer) }
                guard let block = verified(newest, from: peer), block.block.author == peer else { return nil }
                return .recalled(nonce: nonce, block, from: peer)
            case .catchUp(let message): return .catchUp(checked(message, from: peer), from: peer)
            }
        } catch {
            refuse(peer, "\(error)")
            return nil
        }
    }

    private func checked(_ message: CatchUpMessage, from peer: ValidatorIndex) -> CatchUp {
        do {
            return try message.checked(committee)
        } catch {
            refuse(peer, error.description)
            return .lie
        }
    }

    private func verified(_ bytes: [UInt8], from peer: ValidatorIndex) -> VerifiedBlock? {
        do {
            return try VerifiedBlock(wireBytes: bytes, committee: committee)
        } catch {
            refuse(peer, error.description)
            return nil
        }
    }

    private func refuse(_ peer: ValidatorIndex, _ reason: String) {
        let count = rejected.wrappingAdd(1, ordering: .relaxed).newValue
        // The first, second, fourth, eighth...: a peer must not be able to fill the disk with our complaints.
        guard count.nonzeroBitCount == 1 else { return }
        logger.warning("refused from peer", metadata: ["peer": "\(peer)", "reason": "\(reason)", "refused so far": "\(count)"])
    }
}
