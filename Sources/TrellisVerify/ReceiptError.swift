// Why a receipt is not one, or proves nothing; each with what to do about it where there is something to do.

public import TrellisCrypto
public import TrellisModel

public enum ReceiptError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int, limit: Int)
    /// The file does not end as a receipt file does.
    case notAReceiptFile
    /// The receipt's base64 or its bytes are not canonical.
    case malformedBase64
    case malformed(WireError)
    /// Only white space differs from the file that the receipt's bytes give.
    case reformatted
    /// The file says something that the receipt's bytes do not.
    case edited(offset: Int)
    /// The genesis itself is not valid.
    case unusableGenesis(String)
    case otherHashSuite(expected: HashSuite, found: HashSuite)
    case certificate(CertificateError)
    case notInLog(index: UInt64, size: UInt64)
    /// A proof of a vote that does not hold: of another seat, under another key, of another verdict, or not in its place.
    case vote(council: UInt32, seat: UInt32)
    /// A quorum signed what cannot be: more than a third of the stake is faulty, or the software is.
    case contradiction(String)

    public var description: String {
        switch self {
        case .tooLarge(let bytes, let limit): "the receipt has \(bytes) bytes, more than any receipt can have (\(limit))"
        case .notAReceiptFile: "this is not a receipt file"
        case .malformedBase64: "the field 'receipt' is not canonical base64"
        case .malformed(let error): "the receipt's bytes are malformed: \(error)"
        case .reformatted: "the receipt file was reformatted: its white space is not as it was written"
        case .edited(let offset): "the receipt file was changed: from byte \(offset) on it does not say what its field 'receipt' says"
        case .unusableGenesis(let reason): reason
        case .otherHashSuite(let expected, let found): "the receipt uses \(found.name), but the chain uses \(expected.name)"
        case .certificate(let error): "the certificate does not hold: \(error)"
        case .notInLog(let index, let size): "the proof does not show this entry at index \(index) of the log of \(size) entries"
        case .vote(let council, let seat): "the vote of seat \(seat) of council \(council) is not signed by that seat"
        case .contradiction(let reason): "the certificate holds, but its entry contradicts itself: \(reason)"
        }
    }

    /// What a person may do about it.
    public var hint: String? {
        switch self {
        case .reformatted: "get the receipt again, and keep the file byte for byte"
        case .edited: "only the field 'receipt' is proof; get the receipt again and do not edit it"
        case .notAReceiptFile, .malformedBase64, .malformed: "get the receipt again; the file may be cut short or of another kind"
        case .certificate(.otherChain): "use the genesis file of the network that issued the receipt"
        case .unusableGenesis: "use the genesis file as the network published it"
        case .contradiction: "report this to the network's operators: it should be impossible"
        case .tooLarge, .otherHashSuite, .certificate, .notInLog, .vote: nil
        }
    }
}
