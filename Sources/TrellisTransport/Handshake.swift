// The handshake as two pure state machines: messages in, messages and keys out. Randomness comes only from key generation and
// `SecretBytes`; no sockets, no clock. Every transition takes the state out first, so that an error leaves a dead machine and what
// a state held (the ephemeral key, the shared secret) is released with it.
//
//   initiator                                   responder
//     hello   version, chain, epoch, nonce, ephemeral key, cookie, gate  ->
//         <-  [retry  cookie]                        only under load; then hello again, with the cookie
//         <-  reply   nonce, ciphertext
//     proof   {index, signature, MAC}            ->  the initiator shows itself first
//         <-  proof   {index, signature, MAC}
//     confirmation  MAC                          ->  both switch to the traffic keys

import TrellisCrypto
import TrellisModel

/// What to do after a message.
enum HandshakeStep: Sendable {
    case send(HandshakeRecord)
    /// The keys stand. The initiator sends `confirmation` and may use them at once.
    case finished(ChannelKeys, confirmation: HandshakeRecord?)
}

/// The side that dials.
struct InitiatorHandshake: Sendable {
    private enum State: Sendable {
        case awaitingReply(CompositeKEM.PrivateKey, Hello, retried: Bool)
        case awaitingProof(SecretBytes, ProofKeys, Transcript)
        case over
    }

    private let context: HandshakeContext
    private let responder: ValidatorIndex
    private var state: State

    /// Makes the ephemeral key (about 1.2 ms) and the hello.
    static func begin(
        context: HandshakeContext, responder: ValidatorIndex
    ) throws(HandshakeError) -> (machine: InitiatorHandshake, hello: HandshakeRecord) {
        guard context.peers[responder] != nil else { throw .unknownPeer(responder) }
        guard context.own < responder else { throw .wrongDirection(initiator: context.own, responder: responder) }
        guard let key = try? CompositeKEM.PrivateKey.generate() else { throw .keyExchangeFailed }
        let hello = Hello(context: context, publicKey: key.publicKey)
        let record = try hello.record(context: context, responder: responder)
        let state = State.awaitingReply(key, hello, retried: false)
        return (InitiatorHandshake(context: context, responder: responder, state: state), record)
    }

    mutating func receive(_ record: HandshakeRecord) throws(HandshakeError) -> HandshakeStep {
        let current = state
        state = .over
        switch current {
        case .awaitingReply(let key, let hello, let retried):
            if record.message == .retry { return try retry(record, key, hello, retried: retried) }
            return try takeReply(record, key, hello)
        case .awaitingProof(let secret, let keys, let transcript):
            _ = try context.checkProof(record, of: .responder, expected: responder, transcript: transcript, keys: keys)
            let whole = transcript.adding(record)
            let channel = ChannelKeys(role: .initiator, peer: responder, secret: secret, transcript: whole)
            return .finished(channel, confirmation: whole.confirmation(secret))
        case .over:
            throw .finished
        }
    }

    private mutating func retry(
        _ record: HandshakeRecord, _ key: CompositeKEM.PrivateKey, _ hello: Hello, retried: Bool
    ) throws(HandshakeError) -> HandshakeStep {
        guard !retried else { throw .secondCookieDemanded }
        try context.checkSize(record)
        let again = hello.with(cookie: record.body)
        state = .awaitingReply(key, again, retried: true)
        return .send(try again.record(context: context, responder: responder))
    }

    private mutating func takeReply(
        _ record: HandshakeRecord, _ key: CompositeKEM.PrivateKey, _ hello: Hello
    ) throws(HandshakeError) -> HandshakeStep {
        guard record.message == .reply else { throw .unexpectedMessage(record.message.name) }
        try context.checkSize(record)
        let ciphertext = Array(record.body.suffix(CompositeKEM.ciphertextSize))
        guard let secret = try? key.decapsulate(ciphertext) else { throw .keyExchangeFailed }
        let transcript = Transcript(hello: try hello.record(context: context, responder: responder), reply: record)
        let keys = ProofKeys(secret: secret, transcript: transcript)
        let proof = try context.makeProof(as: .initiator, towards: responder, transcript: transcript, keys: keys)
        state = .awaitingProof(secret, keys, transcript.adding(proof))
        return .send(proof)
    }
}

/// The side that is dialed.
struct ResponderHandshake: Sendable {
    private enum State: Sendable {
        case awaitingHello(cookieGiven: Bool)
        case awaitingProof(SecretBytes, ProofKeys, Transcript)
        case awaitingConfirmation(ChannelKeys, expected: [UInt8])
        case over
    }

    private let context: HandshakeContext
    private let demand: CookieDemand?
    private let expected: ValidatorIndex?
    private var state = State.awaitingHello(cookieGiven: false)

    /// - Parameters:
    ///   - demand: Set under load: a hello without a good cookie is answered by one, and forgotten.
    ///   - expected: The only acceptable initiator, when the handshake renews the keys of a connection.
    init(context: HandshakeContext, demand: CookieDemand? = nil, expected: ValidatorIndex? = nil) {
        self.context = context
        self.demand = demand
        self.expected = expected
    }

    mutating func receive(_ record: HandshakeRecord) throws(HandshakeError) -> HandshakeStep {
        let current = state
        state = .over
        switch current {
        case .awaitingHello(let cookieGiven):
            return try takeHello(record, cookieGiven: cookieGiven)
        case .awaitingProof(let secret, let keys, let transcript):
            let peer = try context.checkProof(record, of: .initiator, expected: expected, transcript: transcript, keys: keys)
            let signed = transcript.adding(record)
            let proof = try context.makeProof(as: .responder, towards: peer, transcript: signed, keys: keys)
            let whole = signed.adding(proof)
            let channel = ChannelKeys(role: .responder, peer: peer, secret: secret, transcript: whole)
            state = .awaitingConfirmation(channel, expected: whole.confirmation(secret).body)
            return .send(proof)
        case .awaitingConfirmation(let channel, let expected):
            guard record.message == .confirmation else { throw .unexpectedMessage(record.message.name) }
            try context.checkSize(record)
            guard KeyDerivation.isEqual(record.body, expected) else { throw .confirmationInvalid }
            return .finished(channel, confirmation: nil)
        case .over:
            throw .finished
        }
    }

    private mutating func takeHello(_ record: HandshakeRecord, cookieGiven: Bool) throws(HandshakeError) -> HandshakeStep {
        let hello = try Hello(checking: record, context: context)
        if let demand, !demand.keys.accepts(hello, from: demand.address) {
            guard hello.cookie == Hello.noCookie, !cookieGiven else { throw .cookieRefused }
            state = .awaitingHello(cookieGiven: true)
            return .send(HandshakeRecord(.retry, demand.keys.cookie(for: hello, from: demand.address)))
        }
        guard let (ciphertext, secret) = try? CompositeKEM.encapsulate(to: hello.publicKey) else { throw .keyExchangeFailed }
        let nonce = SecretBytes(random: HandshakeContext.nonceSize).withBytes { Array($0) }
        let reply = HandshakeRecord(.reply, nonce + ciphertext)
        let transcript = Transcript(hello: record, reply: reply)
        state = .awaitingProof(secret, ProofKeys(secret: secret, transcript: transcript), transcript)
        return .send(reply)
    }
}

/// Either side, as a connection holds it.
enum HandshakeMachine: Sendable {
    case initiator(InitiatorHandshake)
    case responder(ResponderHandshake)

    mutating func receive(_ record: HandshakeRecord) throws(HandshakeError) -> HandshakeStep {
        switch self {
        case .initiator(var machine):
            defer { self = .initiator(machine) }
            return try machine.receive(record)
        case .responder(var machine):
            defer { self = .responder(machine) }
            return try machine.receive(record)
        }
    }
}
