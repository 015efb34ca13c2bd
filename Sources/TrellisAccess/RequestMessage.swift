// What HTTP message signatures (RFC 9421) see of a request, and the bytes that are signed: the signature base (§2.5). No sockets, no clock.

/// The parts of a request that a signature can cover.
public struct RequestMessage: Sendable {
    /// Case-sensitive, as sent.
    public let method: String
    /// The Host: lower case, without the scheme's default port (§2.2.3).
    public let authority: String
    /// As sent, without the query; `/` when empty (§2.2.6).
    public let path: String
    /// As sent, with its `?`; a lone `?` when there is none (§2.2.7).
    public let query: String
    /// Values by lower-case name; several lines of one field joined by `, ` (§2.1).
    public let fields: [String: String]

    /// `target` is the request target in origin form: path and query as sent.
    public init(method: String, authority: String, target: String, fields: [String: String]) {
        self.method = method
        self.authority = authority.lowercased()
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first.map(String.init) ?? ""
        self.path = path.isEmpty ? "/" : path
        query = "?" + (parts.count > 1 ? String(parts[1]) : "")
        self.fields = fields
    }

    /// The value of a component without parameters; nil for a field that is not there and for what no component is called here.
    func value(of component: String) -> String? {
        switch component {
        case "@method": method
        case "@authority": authority
        case "@path": path
        case "@query": query
        case _ where component.hasPrefix("@"): nil
        default: fields[component].map(Self.trimmed)
        }
    }

    private static func trimmed(_ value: String) -> String {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let bytes = value.utf8.drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(bytes[...last]) ?? ""
    }

    /// The signature base over `components`; `parameters` is the serialized value of the covered components and their parameters, which ends it.
    ///
    /// - Throws: `SignatureFault.missingComponent`, and `malformed` for a value that has more than one line.
    package func signatureBase(_ components: [String], parameters: String) throws(SignatureFault) -> [UInt8] {
        var base: [UInt8] = []
        for component in components {
            guard let value = value(of: component) else { throw .missingComponent(component) }
            guard !value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { throw .malformed("a field of several lines") }
            base += Array("\"\(component)\": \(value)\n".utf8)
        }
        return base + Array("\"@signature-params\": \(parameters)".utf8)
    }
}

/// Why a request's signature proves nothing. Safe to tell whoever sent it.
public enum SignatureFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not what RFC 9421, RFC 9530 or RFC 9651 say.
    case malformed(String)
    case missingComponent(String)
    /// A component that has to be signed is not.
    case uncovered(String)
    case missingParameter(String)
    /// `created` is too long ago, or in the future, or the signature has expired; the server's time, in seconds since 1970.
    case outsideOfWindow(now: UInt64)
    case otherAlgorithm(expected: String)
    case unknownKey
    case otherAuthority(String)
    case badSignature
    /// The body is not the one whose digest was signed.
    case otherBody

    public var description: String {
        switch self {
        case .malformed(let what): "malformed: \(what)"
        case .missingComponent(let name): "the signature covers \"\(name)\", which the request has not"
        case .uncovered(let name): "the signature must cover \"\(name)\""
        case .missingParameter(let name): "the signature has no parameter '\(name)'"
        case .outsideOfWindow(let now):
            "the signature was made more than \(RequestSignature.ageMaximum) seconds ago, or in the future, or has expired; it is \(now) here"
        case .otherAlgorithm(let expected): "'alg' must be left out, or be \(expected)"
        case .unknownKey: "no client here has the key that 'keyid' names"
        case .otherAuthority(let authority): "the request was signed for \(authority.prefix(255)), which this listener is not"
        case .badSignature: "the signature is not valid for this request"
        case .otherBody: "Content-Digest is not that of the body"
        }
    }
}
