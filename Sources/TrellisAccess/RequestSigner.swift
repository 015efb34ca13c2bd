// Signs requests as a validator's listener wants them: see RequestSignature.swift.

import FoundationEssentials
import RawStructuredFieldValues
public import TrellisCrypto

/// Signs requests with one key.
public struct RequestSigner: Sendable {
    private let key: any SigningKey
    /// The SHA-256 of the public key, in hexadecimal.
    public let keyIdentifier: String

    public init(key: any SigningKey) {
        self.key = key
        keyIdentifier = HashSuite.sha256.hash(key.publicKey).description
    }

    /// The fields that sign a request; with a body, one of them is its `Content-Digest`.
    ///
    /// - Parameters:
    ///   - message: with every field that is to be covered: `content-type` where there is a body, `idempotency-key` where there is one.
    ///   - created: seconds since 1970.
    public func fields(for message: RequestMessage, body: [UInt8]?, created: UInt64) throws -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var covered = message.fields
        var components = RequestSignature.components
        if let body {
            fields.append(("Content-Digest", ContentDigest.value(of: body)))
            covered["content-digest"] = ContentDigest.value(of: body)
            components += RequestSignature.bodyComponents
        }
        if covered[RequestSignature.submissionComponent] != nil { components.append(RequestSignature.submissionComponent) }
        var list = BareInnerList()
        for component in components { list.append(Item(bareItem: RFC9651BareItem.string(component), parameters: [:])) }
        let stated: OrderedMap<String, RFC9651BareItem> = ["created": .integer(Int64(clamping: created)), "keyid": .string(keyIdentifier)]
        let parameters = try RequestSignature.serialized(InnerList(bareInnerList: list, parameters: stated))
        let target = message.path + (message.query == "?" ? "" : message.query)
        let signed = RequestMessage(method: message.method, authority: message.authority, target: target, fields: covered)
        let signature = try key.sign(try signed.signatureBase(components, parameters: parameters), context: .request)
        return fields + [
            ("Signature-Input", "trellis=\(parameters)"), ("Signature", "trellis=:\(Data(signature).base64EncodedString()):"),
        ]
    }
}
