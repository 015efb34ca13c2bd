// The two proofs of identity (SIGMA, Krawczyk 2003): each side signs role, transcript and both identities, MACs the same under a key
// of this exchange, and sends both encrypted.

import TrellisCrypto
import TrellisModel

/// proof: AES-256-GCM of (index u32 ‖ signature length u16 ‖ signature, zero-padded to the committee's longest ‖ MAC[48]).
extension HandshakeContext {
    func makeProof(
        as role: HandshakeRole, towards peer: ValidatorIndex, transcript: Transcript, keys: ProofKeys
    ) throws(HandshakeError) -> HandshakeRecord {
        let (initiator, responder) = role == .initiator ? (own, peer) : (peer, own)
        guard let statement = statement(role: role, transcript: transcript.hash, initiator: initiator, responder: responder) else {
            throw .unknownPeer(peer)
        }
        do {
            let signature = try identity.sign(statement, context: .handshake)
            guard signature.count <= signatureBytesMaximum else { throw HandshakeError.signingFailed }
            var encoder = WireEncoder(reserving: bodySize(of: .proof(of: role)))
            encoder.u32(own)
            encoder.u16(UInt16(clamping: signature.count))
            encoder.raw(signature)
            encoder.raw([UInt8](repeating: 0, count: signatureBytesMaximum - signature.count))
            encoder.raw(KeyDerivation.hmac(Self.suite, key: keys.mac(of: role), message: statement))
            let sealed = try keys.cipher(of: role).seal(
                encoder.bytes, nonce: channelNonce(role, 0), associatedData: proofAssociatedData(role, transcript))
            return HandshakeRecord(.proof(of: role), sealed)
        } catch {
            throw .signingFailed
        }
    }

    /// Opens the proof of `role`, cheap checks first, and tells whose it is: `expected` if that is known beforehand.
    func checkProof(
        _ record: HandshakeRecord, of role: HandshakeRole, expected: ValidatorIndex?, transcript: Transcript, keys: ProofKeys
    ) throws(HandshakeError) -> ValidatorIndex {
        guard record.message == .proof(of: role) else { throw .unexpectedMessage(record.message.name) }
        try checkSize(record)
        guard
            let plaintext = try? keys.cipher(of: role).open(
                record.body, nonce: channelNonce(role, 0), associatedData: proofAssociatedData(role, transcript))
        else { throw .proofUnreadable }
        let (peer, signature, mac) = try parseProof(plaintext)
        if let expected, peer != expected { throw .unexpectedPeer(peer, expected: expected) }
        guard let key = peers[peer] else { throw .unknownPeer(peer) }
        let (initiator, responder) = role == .initiator ? (peer, own) : (own, peer)
        guard initiator < responder else { throw .wrongDirection(initiator: initiator, responder: responder) }
        guard let statement = statement(role: role, transcript: transcript.hash, initiator: initiator, responder: responder) else {
            throw .unknownPeer(peer)
        }
        guard KeyDerivation.isEqual(mac, KeyDerivation.hmac(Self.suite, key: keys.mac(of: role), message: statement)) else {
            throw .identityNotBound(peer)
        }
        guard key.isValid(signature, for: statement, context: .handshake) else { throw .signatureInvalid(peer) }
        return peer
    }

    private func parseProof(_ plaintext: [UInt8]) throws(HandshakeError) -> (ValidatorIndex, signature: [UInt8], mac: [UInt8]) {
        var decoder = WireDecoder(plaintext, suite: Self.suite)
        do {
            let peer = try decoder.u32()
            let count = Int(try decoder.u16())
            guard count <= signatureBytesMaximum else { throw HandshakeError.proofMalformed }
            let signature = try decoder.raw(count)
            let padding = try decoder.raw(signatureBytesMaximum - count)
            guard padding.allSatisfy({ $0 == 0 }) else { throw HandshakeError.proofMalformed }
            let mac = try decoder.raw(Self.macSize)
            try decoder.finish()
            return (peer, signature, mac)
        } catch {
            throw .proofMalformed
        }
    }

    private func proofAssociatedData(_ role: HandshakeRole, _ transcript: Transcript) -> [UInt8] {
        [HandshakeMessage.proof(of: role).rawValue] + transcript.hash.bytes
    }
}
