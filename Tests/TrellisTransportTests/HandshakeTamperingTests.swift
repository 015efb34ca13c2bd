// What an attacker on the path can do to the messages: cut, change, replay and reflect them. Every attempt is a typed refusal.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite struct HandshakeTamperingTests {
    let run: Recorded

    init() throws { run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1)) }

    @Test func everyTruncationAndExtensionIsRefused() {
        for record in run.all {
            let size = record.body.count
            for count in Set([0, 1, 2, 3, 31, 32, 33, size / 3, size / 2, size - 17, size - 16, size - 1]) where count < size {
                let cut = HandshakeRecord(record.message, Array(record.body.prefix(count)))
                #expect(throws: HandshakeError.self, "\(record.message) cut to \(count)") {
                    try run.give(cut, inPlaceOf: record.message)
                }
            }
            let longer = HandshakeRecord(record.message, record.body + [0])
            #expect(throws: HandshakeError.wrongSize(message: record.message.name, expected: size, actual: size + 1)) {
                try run.give(longer, inPlaceOf: record.message)
            }
        }
    }

    @Test func everyChangedByteIsRefused() {
        for record in run.all {
            // Each changed reply costs a key exchange and a signature: a sample of it, all bytes of the others.
            let step = record.message == .reply ? 13 : 1
            for index in stride(from: 0, to: record.body.count, by: step) {
                var body = record.body
                body[index] ^= 1 << UInt8(index % 8)
                #expect(throws: HandshakeError.self, "\(record.message) at \(index)") {
                    try run.give(HandshakeRecord(record.message, body), inPlaceOf: record.message)
                }
            }
        }
    }

    @Test func replayedMessagesOfAnotherHandshakeAreRefused() throws {
        let earlier = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1))
        // The hello alone may be replayed: it commits to nothing, and without the ephemeral key it leads nowhere.
        #expect(throws: HandshakeError.proofUnreadable) { try run.give(earlier.reply, inPlaceOf: .reply) }
        #expect(throws: HandshakeError.proofUnreadable) { try run.give(earlier.initiatorProof, inPlaceOf: .initiatorProof) }
        #expect(throws: HandshakeError.proofUnreadable) { try run.give(earlier.responderProof, inPlaceOf: .responderProof) }
        #expect(throws: HandshakeError.confirmationInvalid) { try run.give(earlier.confirmation, inPlaceOf: .confirmation) }
        var listener = run.responderBeforeHello
        _ = try listener.receive(run.hello)
        #expect(throws: HandshakeError.proofUnreadable) { try listener.receive(run.initiatorProof) }
    }

    @Test func reflectedProofsAreRefused() throws {
        let reflectedToResponder = HandshakeRecord(.initiatorProof, run.responderProof.body)
        #expect(throws: HandshakeError.proofUnreadable) { try run.give(reflectedToResponder, inPlaceOf: .initiatorProof) }
        let reflectedToInitiator = HandshakeRecord(.responderProof, run.initiatorProof.body)
        #expect(throws: HandshakeError.proofUnreadable) { try run.give(reflectedToInitiator, inPlaceOf: .responderProof) }
    }

    @Test func aProofMadeForAnotherPeerIsRefused() throws {
        // Validator 1 is honest towards 2's hello; 2 cannot use what it learns to pose as 1's peer 0.
        let (two, three) = (try Fixture.context(2), try Fixture.context(3))
        let key = try CompositeKEM.PrivateKey.generate()
        let hello = try Hello(context: two, publicKey: key.publicKey).record(context: two, responder: 3)
        var machine = ResponderHandshake(context: three)
        let reply = try machine.receive(hello).record
        let secret = try key.decapsulate(Array(reply.body.suffix(CompositeKEM.ciphertextSize)))
        let transcript = Transcript(hello: hello, reply: reply)
        let keys = ProofKeys(secret: secret, transcript: transcript)
        // Validator 2 claims to be 0 with its own signature.
        let claimed = try Fixture.context(0, identity: Fixture.keys[2]).makeProof(
            as: .initiator, towards: 3, transcript: transcript, keys: keys)
        var first = machine
        #expect(throws: HandshakeError.identityNotBound(0)) { try first.receive(claimed) }
        // Validator 2 signs as itself, but for a channel with 1.
        let misbound = try two.makeProof(as: .initiator, towards: 1, transcript: transcript, keys: keys)
        var second = machine
        #expect(throws: HandshakeError.identityNotBound(2)) { try second.receive(misbound) }
        // The same, honestly, passes.
        _ = try machine.receive(try two.makeProof(as: .initiator, towards: 3, transcript: transcript, keys: keys))
    }

    @Test func aRefusalIsFinal() throws {
        var machine = run.responderBeforeProof
        #expect(throws: HandshakeError.self) { try machine.receive(run.responderProof) }
        #expect(throws: HandshakeError.finished) { try machine.receive(run.initiatorProof) }
    }

    @Test func aLowOrderOrForeignPublicKeyIsRefused() throws {
        let context = try Fixture.context(0)
        var publicKey = try CompositeKEM.PrivateKey.generate().publicKey
        publicKey[publicKey.count - 1] ^= 1
        let hello = try Hello(context: context, publicKey: publicKey).record(context: context, responder: 1)
        #expect(throws: HandshakeError.keyExchangeFailed) { try run.give(hello, inPlaceOf: .hello) }
    }
}
