// Why a handshake ends without a channel: facts for a log line, never key material.

import TrellisModel

/// The refusals of a handshake. After any of them the state machine is dead and the connection is closed without an answer.
public enum HandshakeError: Error, Equatable, Sendable, CustomStringConvertible {
    case wrongSize(message: String, expected: Int, actual: Int)
    case unknownMessage(kind: UInt8)
    case unexpectedMessage(String)
    case wrongVersion(theirs: UInt16, ours: UInt16)
    case wrongChain
    case wrongEpoch(theirs: UInt64, ours: UInt64)
    /// The hello was made for another validator, or by someone who does not know this committee.
    case notAddressedToUs
    case cookieRefused
    case secondCookieDemanded
    case keyExchangeFailed
    /// A proof does not open under the handshake keys: changed, replayed, reflected, or of another exchange.
    case proofUnreadable
    case proofMalformed
    case unknownPeer(UInt32)
    case unexpectedPeer(UInt32, expected: UInt32)
    /// Of two validators the one with the smaller index initiates.
    case wrongDirection(initiator: UInt32, responder: UInt32)
    case identityNotBound(UInt32)
    case signatureInvalid(UInt32)
    case confirmationInvalid
    case signingFailed
    /// Messages after the end, or after a refusal.
    case finished

    public var description: String {
        switch self {
        case .wrongSize(let message, let expected, let actual): "\(message) has \(actual) bytes instead of \(expected)"
        case .unknownMessage(let kind): "unknown handshake message kind \(kind)"
        case .unexpectedMessage(let name): "\(name) is out of turn"
        case .wrongVersion(let theirs, let ours): "the peer speaks version \(theirs) of the channel, we speak \(ours)"
        case .wrongChain: "the peer belongs to another chain"
        case .wrongEpoch(let theirs, let ours): "the peer is in epoch \(theirs), we are in \(ours)"
        case .notAddressedToUs: "the hello was not made for this validator of this committee"
        case .cookieRefused: "the cookie is not one that we gave to this address lately"
        case .secondCookieDemanded: "the responder demanded a cookie twice"
        case .keyExchangeFailed: "the key exchange was refused: not a valid public key or ciphertext"
        case .proofUnreadable: "the proof of identity does not open under the keys of this handshake"
        case .proofMalformed: "the proof of identity is malformed"
        case .unknownPeer(let index): "validator \(index) is not one of our peers"
        case .unexpectedPeer(let index, let expected): "validator \(index) answered where \(expected) was expected"
        case .wrongDirection(let initiator, let responder): "validator \(initiator) may not initiate towards \(responder)"
        case .identityNotBound(let index): "validator \(index)'s identity is not bound to this key exchange"
        case .signatureInvalid(let index): "the signature of validator \(index) is not valid"
        case .confirmationInvalid: "the initiator derived other keys"
        case .signingFailed: "our identity key could not sign"
        case .finished: "the handshake is over"
        }
    }
}
