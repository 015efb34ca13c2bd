// The handshake between two state machines: what it yields, what it hides, and whom it refuses.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisTransport

@Suite struct HandshakeTests {
    @Test func bothSidesDeriveTheSameKeysApartByDirection() throws {
        let run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(2))
        #expect(run.initiatorKeys.peer == 2)
        #expect(run.responderKeys.peer == 0)
        #expect(run.initiatorKeys.send == run.responderKeys.receive)
        #expect(run.initiatorKeys.receive == run.responderKeys.send)
        #expect(run.initiatorKeys.send != run.initiatorKeys.receive)
    }

    @Test func everySizeIsTheOneThatTheLayoutSays() throws {
        let context = try Fixture.context(0)
        let run = try Recorded(initiator: context, responder: Fixture.context(1))
        for record in run.all { #expect(record.body.count == context.bodySize(of: record.message)) }
        #expect(context.bodySize(of: .hello) == 2 + 32 + 8 + 32 + 1281 + 48 + 48)
        #expect(context.bodySize(of: .reply) == 32 + 1185)
        #expect(context.bodySize(of: .initiatorProof) == 4 + 2 + 3309 + 48 + 16)
    }

    @Test func keysAndMessagesDifferFromOneHandshakeToTheNext() throws {
        let (initiator, responder) = (try Fixture.context(0), try Fixture.context(1))
        let runs = try (0..<3).map { _ in try Recorded(initiator: initiator, responder: responder) }
        var keys: Set<[UInt8]> = []
        for run in runs { keys.formUnion([run.initiatorKeys.send.bytes, run.initiatorKeys.receive.bytes]) }
        #expect(keys.count == 6)
        #expect(Set(runs.flatMap { $0.all.map(\.body) }).count == 15)
    }

    @Test func nothingSecretIsKeptAfterTheHandshake() throws {
        func state(_ machine: Any) -> String {
            Mirror(reflecting: machine).children.first { $0.label == "state" }.map { String(describing: $0.value) } ?? "none"
        }
        let run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1))
        var (dialer, listener) = (run.initiatorBeforeReply, run.responderBeforeConfirmation)
        #expect(state(dialer).contains("PrivateKey"))
        _ = try dialer.receive(run.reply)
        #expect(!state(dialer).contains("PrivateKey"))
        dialer = run.initiatorBeforeProof
        _ = try dialer.receive(run.responderProof)
        #expect(state(dialer) == "over")
        _ = try listener.receive(run.confirmation)
        #expect(state(listener) == "over")
        var refused = run.initiatorBeforeReply
        #expect(throws: HandshakeError.self) { try refused.receive(run.confirmation) }
        #expect(state(refused) == "over")
    }

    @Test func identitiesAreNotOnTheWire() throws {
        let run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1))
        for record in run.all {
            for key in Fixture.keys.prefix(2) {
                let pieces = stride(from: 0, to: key.publicKey.count - 16, by: 16).map { Array(key.publicKey[$0..<$0 + 16]) }
                for piece in pieces { #expect(!record.body.contains(piece)) }
            }
            for index in [ValidatorIndex(0), 1] {
                let identity = try #require(try Fixture.context(0).identityBytes(of: index))
                #expect(!record.body.contains(Array(identity.suffix(48))))
            }
        }
    }

    @Test func anotherChainEpochOrVersionIsRefusedByTheHelloAlone() throws {
        let responder = try Fixture.context(1)
        func refusal(_ record: HandshakeRecord) -> HandshakeError? {
            var machine = ResponderHandshake(context: responder)
            do throws(HandshakeError) { _ = try machine.receive(record) } catch { return error }
            return nil
        }
        let otherChain = try InitiatorHandshake.begin(context: Fixture.context(0, chain: Fixture.otherChain), responder: 1).hello
        #expect(refusal(otherChain) == .wrongChain)
        let otherEpoch = try InitiatorHandshake.begin(context: Fixture.context(0, epoch: 8), responder: 1).hello
        #expect(refusal(otherEpoch) == .wrongEpoch(theirs: 8, ours: 7))
        let longChain = try Fixture.context(0, chain: HashSuite.sha384.hash([1]))
        #expect(
            refusal(try InitiatorHandshake.begin(context: longChain, responder: 1).hello)
                == .wrongSize(message: "hello", expected: 1451, actual: 1467))
        let hello = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 1).hello
        #expect(refusal(HandshakeRecord(.hello, [2, 0] + hello.body.dropFirst(2))) == .wrongVersion(theirs: 2, ours: 1))
        let elsewhere = try InitiatorHandshake.begin(context: Fixture.context(0), responder: 2).hello
        #expect(refusal(elsewhere) == .notAddressedToUs)
    }

    @Test func aStrangerWithTheCommitteesGenesisIsRefused() throws {
        let stranger = try #require(Fixture.stranger)
        // The stranger's own key is not the one that stands for validator 0 in what is signed and MACed.
        #expect(throws: HandshakeError.identityNotBound(0)) {
            try Recorded(initiator: Fixture.context(0, identity: stranger), responder: Fixture.context(1))
        }
    }

    @Test func aResponderWithAnotherKeyIsRefused() throws {
        let stranger = try #require(Fixture.stranger)
        // It must know its own true public key to pass the gate; it cannot sign with it.
        struct Impostor: SigningKey {
            let real: any SigningKey
            let publicKey: [UInt8]
            var scheme: SignatureSchemeIdentifier { real.scheme }
            var seed: SecretBytes { real.seed }
            func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] { try real.sign(message, context: context) }
        }
        let impostor = Impostor(real: stranger, publicKey: Fixture.keys[1].publicKey)
        #expect(throws: HandshakeError.signatureInvalid(1)) {
            try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1, identity: impostor))
        }
        let borrowed = Impostor(real: stranger, publicKey: Fixture.keys[0].publicKey)
        #expect(throws: HandshakeError.signatureInvalid(0)) {
            try Recorded(initiator: Fixture.context(0, identity: borrowed), responder: Fixture.context(1))
        }
    }

    @Test func theSmallerIndexInitiates() throws {
        let context = try Fixture.context(2)
        #expect(throws: HandshakeError.wrongDirection(initiator: 2, responder: 1)) {
            try InitiatorHandshake.begin(context: context, responder: 1)
        }
        #expect(throws: HandshakeError.unknownPeer(2)) { try InitiatorHandshake.begin(context: context, responder: 2) }
        #expect(throws: HandshakeError.unknownPeer(9)) { try InitiatorHandshake.begin(context: context, responder: 9) }
    }

    @Test func anEqualOrGreaterIndexIsRefusedAsInitiator() throws {
        // Validator 3, with its true key, runs the initiator's side towards 2 by hand.
        let (three, two) = (try Fixture.context(3), try Fixture.context(2))
        let key = try CompositeKEM.PrivateKey.generate()
        let hello = try Hello(context: three, publicKey: key.publicKey).record(context: three, responder: 2)
        var machine = ResponderHandshake(context: two)
        let reply = try machine.receive(hello).record
        let secret = try key.decapsulate(Array(reply.body.suffix(CompositeKEM.ciphertextSize)))
        let transcript = Transcript(hello: hello, reply: reply)
        let keys = ProofKeys(secret: secret, transcript: transcript)
        let proof = try three.makeProof(as: .initiator, towards: 2, transcript: transcript, keys: keys)
        #expect(throws: HandshakeError.wrongDirection(initiator: 3, responder: 2)) { try machine.receive(proof) }
        #expect(throws: HandshakeError.finished) { try machine.receive(proof) }
    }

    @Test func onlyTheExpectedPeerMayRenewKeys() throws {
        var (dialer, hello) = try InitiatorHandshake.begin(context: Fixture.context(1), responder: 3)
        var listener = ResponderHandshake(context: try Fixture.context(3), expected: 0)
        let proof = try dialer.receive(try listener.receive(hello).record).record
        #expect(throws: HandshakeError.unexpectedPeer(1, expected: 0)) { try listener.receive(proof) }
    }

    @Test func messagesOutOfTurnAreRefused() throws {
        let run = try Recorded(initiator: Fixture.context(0), responder: Fixture.context(1))
        for place in run.all {
            for record in run.all where record.message != place.message {
                #expect(throws: HandshakeError.self) { try run.give(record, inPlaceOf: place.message) }
            }
        }
        #expect(throws: HandshakeError.unknownMessage(kind: 0)) { try HandshakeRecord(kind: 0, body: []) }
        #expect(throws: HandshakeError.wrongSize(message: "handshake message", expected: 1, actual: 0)) { try HandshakeRecord(bytes: []) }
    }
}

extension [UInt8] {
    func contains(_ piece: [UInt8]) -> Bool {
        guard let first = piece.first, count >= piece.count else { return false }
        for start in 0...(count - piece.count) where self[start] == first {
            if self[start..<start + piece.count].elementsEqual(piece) { return true }
        }
        return false
    }
}
