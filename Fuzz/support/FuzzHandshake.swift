// Two validators of the committee with real keys, as a handshake between them sees them.

import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

enum FuzzHandshake {
    static let initiator = context(0)
    static let responder = context(1)

    private static func context(_ own: ValidatorIndex) -> HandshakeContext {
        let committee = FuzzCommittee.strict
        return HandshakeContext(
            chain: committee.chain, epoch: 0, own: own, identity: FuzzCommittee.keys[Int(own)],
            peers: Dictionary(uniqueKeysWithValues: committee.validators.enumerated().map { (ValidatorIndex($0), $1.identityKey) }),
            signatureBytesMaximum: 64)
    }
}
