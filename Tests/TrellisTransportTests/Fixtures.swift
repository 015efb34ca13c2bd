// Keys, contexts and drivers that several tests of this module share.

import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

enum Fixture {
    static let keys: [any SigningKey] = (0..<4).compactMap { _ in try? SignatureScheme.mlDSA65.generate() }
    static let stranger = try? SignatureScheme.mlDSA65.generate()
    static let chain = HashSuite.sha256.hash(Array("a chain".utf8))
    static let otherChain = HashSuite.sha256.hash(Array("another chain".utf8))

    static func verifyingKey(_ key: any SigningKey) throws -> any VerifyingKey {
        try SignatureScheme.mlDSA65.verifyingKey(key.publicKey)
    }

    /// The context of validator `own` of a committee of four.
    static func context(
        _ own: ValidatorIndex, chain: Digest = chain, epoch: Epoch = 7, identity: (any SigningKey)? = nil
    ) throws -> HandshakeContext {
        var peers: [ValidatorIndex: any VerifyingKey] = [:]
        for (index, key) in keys.enumerated() { peers[ValidatorIndex(index)] = try verifyingKey(key) }
        return HandshakeContext(
            chain: chain, epoch: epoch, own: own, identity: identity ?? keys[Int(own)], peers: peers,
            signatureBytesMaximum: SignatureScheme.mlDSA65.signatureSize)
    }
}

/// All five messages of one handshake, each machine as it was before it took each of them, and what came out.
struct Recorded {
    let hello, reply, initiatorProof, responderProof, confirmation: HandshakeRecord
    let initiatorBeforeReply, initiatorBeforeProof: InitiatorHandshake
    let responderBeforeHello, responderBeforeProof, responderBeforeConfirmation: ResponderHandshake
    let initiatorKeys, responderKeys: ChannelKeys

    init(initiator: HandshakeContext, responder: HandshakeContext) throws {
        var (dialer, hello) = try InitiatorHandshake.begin(context: initiator, responder: responder.own)
        var listener = ResponderHandshake(context: responder)
        self.hello = hello
        responderBeforeHello = listener
        reply = try listener.receive(hello).record
        initiatorBeforeReply = dialer
        initiatorProof = try dialer.receive(reply).record
        responderBeforeProof = listener
        responderProof = try listener.receive(initiatorProof).record
        initiatorBeforeProof = dialer
        (initiatorKeys, confirmation) = try dialer.receive(responderProof).result
        responderBeforeConfirmation = listener
        guard case .finished(let keys, nil) = try listener.receive(confirmation) else { throw HandshakeError.finished }
        responderKeys = keys
    }

    var all: [HandshakeRecord] { [hello, reply, initiatorProof, responderProof, confirmation] }

    /// Gives `record` to the machine that awaits the message in its place.
    func give(_ record: HandshakeRecord, inPlaceOf message: HandshakeMessage) throws(HandshakeError) {
        switch message {
        case .hello, .retry:
            var machine = responderBeforeHello
            _ = try machine.receive(record)
        case .reply:
            var machine = initiatorBeforeReply
            let step = try machine.receive(record)
            // A changed ciphertext gives another secret: it shows when the responder opens the proof.
            var listener = responderBeforeProof
            if case .send(let proof) = step { _ = try listener.receive(proof) }
        case .initiatorProof:
            var machine = responderBeforeProof
            _ = try machine.receive(record)
        case .responderProof:
            var machine = initiatorBeforeProof
            _ = try machine.receive(record)
        case .confirmation:
            var machine = responderBeforeConfirmation
            _ = try machine.receive(record)
        }
    }
}

extension HandshakeStep {
    var record: HandshakeRecord {
        get throws {
            guard case .send(let record) = self else { throw HandshakeError.finished }
            return record
        }
    }

    var result: (ChannelKeys, HandshakeRecord) {
        get throws {
            guard case .finished(let keys, let confirmation?) = self else { throw HandshakeError.finished }
            return (keys, confirmation)
        }
    }
}

extension SecretBytes {
    var bytes: [UInt8] { withBytes { Array($0) } }
}
