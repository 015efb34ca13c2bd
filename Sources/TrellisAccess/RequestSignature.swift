// Signatures on requests (RFC 9421) with keys of ML-DSA: how one is read from a request, strictly, and what it must cover to count.
//
// The algorithm is the key's, which `keyid` names; `alg` is left out, since none is registered for ML-DSA. The signature is pure ML-DSA over the
// signature base with an empty context, as in RFC 9964, so that any library of both can make it; everything else that Trellis signs has a
// context, so that no signature serves for the other.

import FoundationEssentials
import RawStructuredFieldValues
public import TrellisCrypto

extension Domain {
    /// The empty context.
    static let request = Domain("")
}

/// A signature as a request carries it.
public struct RequestSignature: Sendable {
    /// How old a signature may be, and how far in the future clocks may differ, in seconds.
    public static let ageMaximum: UInt64 = 300
    public static let futureMaximum: UInt64 = 60
    /// Signatures on one request: a proxy may add its own.
    static let signaturesMaximum = 4
    static let componentsMaximum = 16

    /// What has to be covered on every request, besides `bodyComponents` where there is a body, and `idempotency-key` on every request that is
    /// not GET or HEAD: sent again within the window, such a request is the same entry, once.
    public static let components = ["@method", "@authority", "@path", "@query"]
    public static let bodyComponents = ["content-type", "content-digest"]
    public static let submissionComponent = "idempotency-key"

    /// In the order in which they were signed.
    public let components: [String]
    /// Seconds since 1970.
    public let created: UInt64
    public let expires: UInt64?
    public let keyIdentifier: String
    public let algorithm: String?
    public let signature: [UInt8]
    /// The covered components and their parameters as they end the signature base.
    package let parameters: String

    /// Every signature of a request, from the values of `Signature-Input` and `Signature`.
    public static func read(input: String, signature: String) throws(SignatureFault) -> [RequestSignature] {
        let inputs = try dictionary(input, "Signature-Input")
        let values = try dictionary(signature, "Signature")
        guard inputs.count == values.count, (1...signaturesMaximum).contains(inputs.count) else {
            throw .malformed("Signature-Input and Signature do not have the same 1 to \(signaturesMaximum) labels")
        }
        var signatures: [RequestSignature] = []
        for (label, entry) in inputs {
            guard case .innerList(let list) = entry, case .item(let item) = values[label] ?? entry,
                case .undecodedByteSequence(let text) = item.rfc9651BareItem, let bytes = Data(base64Encoded: text)
            else { throw .malformed("a label of Signature-Input without its signature") }
            signatures.append(try RequestSignature(list, Array(bytes)))
        }
        return signatures
    }

    private init(_ list: InnerList, _ signature: [UInt8]) throws(SignatureFault) {
        guard list.bareInnerList.count <= Self.componentsMaximum else { throw .malformed("too many components") }
        var components: [String] = []
        for item in list.bareInnerList {
            // Parameters of components (`sf`, `key`, `bs`, `req`, `tr`) choose parts of values: nothing here needs them.
            guard case .string(let name) = item.rfc9651BareItem, item.rfc9651Parameters.count == 0, !components.contains(name) else {
                throw .malformed("a component that is no name, has parameters, or stands twice")
            }
            components.append(name)
        }
        self.components = components
        self.signature = signature
        var created: UInt64?
        var expires: UInt64?
        var keyIdentifier: String?
        var algorithm: String?
        for (name, value) in list.rfc9651Parameters {
            switch (name, value) {
            case ("created", .integer(let seconds)) where seconds >= 0: created = UInt64(seconds)
            case ("expires", .integer(let seconds)) where seconds >= 0: expires = UInt64(seconds)
            case ("keyid", .string(let text)): keyIdentifier = text
            case ("alg", .string(let text)): algorithm = text
            case ("nonce", .string), ("tag", .string): continue
            default: throw .malformed("the parameter '\(name)'")
            }
        }
        guard let created else { throw .missingParameter("created") }
        guard let keyIdentifier else { throw .missingParameter("keyid") }
        self.created = created
        self.expires = expires
        self.keyIdentifier = keyIdentifier
        self.algorithm = algorithm
        parameters = try Self.serialized(list)
    }

    /// Whether it counts for this request at this time (seconds since 1970), before any arithmetic.
    public func check(_ message: RequestMessage, now: UInt64, hasBody: Bool) throws(SignatureFault) {
        var required = Self.components + (hasBody ? Self.bodyComponents : [])
        if !["GET", "HEAD"].contains(message.method) { required.append(Self.submissionComponent) }
        if let missing = required.first(where: { !components.contains($0) }) { throw .uncovered(missing) }
        let isFresh = created <= now &+ Self.futureMaximum && now <= created.addingReportingOverflow(Self.ageMaximum).partialValue
        guard isFresh, expires.map({ now < $0 }) ?? true else { throw .outsideOfWindow(now: now) }
    }

    /// Whether `key` made it over this request.
    public func verify(_ message: RequestMessage, key: any VerifyingKey) throws(SignatureFault) {
        let name = (SignatureScheme.identified(key.scheme)?.name ?? "").lowercased()
        guard algorithm == nil || algorithm == name else { throw .otherAlgorithm(expected: name) }
        let base = try message.signatureBase(components, parameters: parameters)
        guard key.isValid(signature, for: base, context: .request) else { throw .badSignature }
    }

    private static func dictionary(_ text: String, _ what: String) throws(SignatureFault) -> OrderedMap<String, ItemOrInnerList> {
        do {
            var parser = StructuredFieldValueParser(Array(text.utf8))
            return try parser.parseDictionaryFieldValue()
        } catch {
            throw .malformed("\(what) is no dictionary of structured fields")
        }
    }

    static func serialized(_ list: InnerList) throws(SignatureFault) -> String {
        do {
            var serializer = StructuredFieldValueSerializer()
            return String(decoding: try serializer.writeListFieldValue([.innerList(list)]), as: UTF8.self)
        } catch {
            throw .malformed("components that cannot be written")
        }
    }
}

/// Digests of bodies (RFC 9530), SHA-256 alone.
public enum ContentDigest {
    /// The value of `Content-Digest`.
    public static func value(of body: [UInt8]) -> String {
        "sha-256=:\(Data(HashSuite.sha256.hash(body).bytes).base64EncodedString()):"
    }

    /// The SHA-256 that a `Content-Digest` names; nil where it names none. Other algorithms beside it are passed over.
    public static func digest(in value: String) throws(SignatureFault) -> Digest {
        var parser = StructuredFieldValueParser(Array(value.utf8))
        guard let members = try? parser.parseDictionaryFieldValue(), case .item(let item)? = members["sha-256"],
            case .undecodedByteSequence(let text) = item.rfc9651BareItem, let bytes = Data(base64Encoded: text), bytes.count == 32,
            let digest = Digest(Array(bytes))
        else { throw .malformed("Content-Digest has no sha-256") }
        return digest
    }
}
