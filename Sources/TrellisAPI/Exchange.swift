// One request while it is answered: its parameters and its body, each bounded and checked before anything is made of it.

import HTTPTypes
import Hummingbird
import NIOCore
import TrellisAccess
import TrellisCrypto
import TrellisJSON

struct Exchange: Sendable {
    let request: Request
    /// Values of the path's braced segments.
    let path: [String: String]
    /// Query parameters, each known to the route and given once.
    let query: [String: String]
    /// The media type of the body.
    let contentType: String
    let body: [UInt8]
    let channel: any Channel
    /// Who asks; nil without credentials.
    let client: AccessClient?

    init(
        request: Request, route: Route, path: [String: String], contentType: String, body: [UInt8], channel: any Channel,
        client: AccessClient?
    ) throws(Problem) {
        self.request = request
        self.path = path
        self.contentType = contentType
        self.body = body
        self.channel = channel
        self.client = client
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let name = String(name)
            guard route.query.contains(where: { $0.name == name }) else {
                throw .unknown("parameter", name, known: route.query.map(\.name))
            }
            guard query.updateValue(String(value), forKey: name) == nil else {
                throw .badRequest("the parameter '\(name)' appears twice")
            }
        }
        self.query = query
    }

    /// The identifier in the path.
    func identifier() throws(Problem) -> Digest {
        guard let text = path["id"], text.utf8.count == 64, let digest = Digest(hex: text) else {
            throw .badRequest("an identifier is 64 hexadecimal digits")
        }
        return digest
    }

    func integer<T: FixedWidthInteger>(_ name: String, in range: ClosedRange<T>) throws(Problem) -> T? {
        guard let text = query[name] else { return nil }
        guard let value = T(text), range.contains(value) else {
            throw .badRequest("'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func accepts(_ type: String) -> Bool {
        (request.headers[.accept] ?? "").split(separator: ",").contains { mediaType(String($0)) == type }
    }

    /// The body as a JSON object.
    func object() throws(Problem) -> JSON {
        do throws(JSONError) {
            let value = try JSON(parsing: body)
            guard value.objectMembers != nil else { throw JSONError(reason: "expected an object", offset: 0) }
            return value
        } catch {
            throw .malformedJSON(error)
        }
    }

    /// The Idempotency-Key header: 1 to 255 visible ASCII characters.
    func idempotencyKey() throws(Problem) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badRequest("an Idempotency-Key is 1 to 255 visible ASCII characters")
        }
        return key
    }
}

extension HTTPField.Name {
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

/// A media type, lower case and without parameters.
func mediaType(_ header: String) -> String {
    header.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
}
