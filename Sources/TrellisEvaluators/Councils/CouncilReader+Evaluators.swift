// How a seat judges, from its `evaluator` in a council file.

import TrellisModel
import Yams

extension CouncilReader {
    /// One of `policy`, `rules` with `default`, `http`, `openai`.
    mutating func readEvaluator(
        _ node: Node, seat: String, _ common: [PolicyRule], within deadline: Milliseconds
    ) throws(PolicyError) -> EvaluatorPlan {
        let entries = try nodes.mapping(node, named: "evaluator", keys: ["policy", "rules", "default", "http", "openai"])
        for kind in ["policy", "http", "openai"] {
            guard let value = entries[kind] else { continue }
            if let other = entries.keys.sorted().first(where: { $0 != kind }) {
                throw nodes.error(nodes.line(of: entries[other]), .wrongType(name: other, expected: "in an evaluator without '\(kind)'"))
            }
            switch kind {
            case "http": return .http(try readHTTP(value, within: deadline))
            case "openai": return .chat(try readChat(value, within: deadline))
            default: return .rules(try readPolicy(value))
            }
        }
        let own = try entries["rules"].map { node throws(PolicyError) in try nodes.readRules(node) } ?? []
        if let twice = own.first(where: { rule in common.contains { $0.name == rule.name } }) {
            throw nodes.error(nodes.line(of: node), .duplicate(what: "rule", name: twice.name))
        }
        let fallback = try nodes.readDefault(
            try nodes.require("default", in: entries, of: node, place: "the evaluator of '\(seat)'"))
        return .rules(Policy(name: seat, rules: common + own, fallback: fallback))
    }

    private func readPolicy(_ node: Node) throws(PolicyError) -> Policy {
        let name = try nodes.text(node, named: "policy")
        guard name == "standard" else { throw nodes.unknown("policy", name, among: ["standard"], at: node) }
        return try Policy(yaml: Policy.standard, name: name)
    }

    private static let endpointKeys = [
        "url", "timeout", "retries", "redirects", "response_bytes", "token_env", "allow", "calls", "ca", "sealed",
    ]

    private func readHTTP(_ node: Node, within deadline: Milliseconds) throws(PolicyError) -> HTTPPlan {
        let entries = try nodes.mapping(node, named: "http", keys: Self.endpointKeys + ["api"])
        var style = HTTPPlan.Style.trellis
        if let api = entries["api"] {
            let name = try nodes.text(api, named: "api")
            guard let known = HTTPPlan.Style(rawValue: name) else {
                throw nodes.unknown("api", name, among: HTTPPlan.Style.allCases.map(\.rawValue), at: api)
            }
            style = known
        }
        return HTTPPlan(endpoint: try readEndpoint(entries, node, within: deadline), style: style)
    }

    private func readChat(_ node: Node, within deadline: Milliseconds) throws(PolicyError) -> ChatPlan {
        let entries = try nodes.mapping(node, named: "openai", keys: Self.endpointKeys + ["model", "tokens", "tokens_key", "temperature"])
        let model = try nodes.text(try nodes.require("model", in: entries, of: node, place: "'openai'"), named: "model")
        let tokens = try number("tokens", entries, 16...16_384) ?? 500
        var plan = ChatPlan(endpoint: try readEndpoint(entries, node, within: deadline), model: model, tokens: tokens)
        if let key = entries["tokens_key"] { plan.tokensKey = try readTokensKey(key) }
        if let temperature = entries["temperature"] { plan.temperature = try readTemperature(temperature) }
        return plan
    }

    /// A name that stands for nothing else in a request.
    private func readTokensKey(_ node: Node) throws(PolicyError) -> String {
        let name = try nodes.text(node, named: "tokens_key")
        guard name.utf8.count <= 64, name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }),
            !["model", "messages", "stream", "response_format", "temperature"].contains(name)
        else { throw nodes.error(nodes.line(of: node), .wrongType(name: "tokens_key", expected: "a name such as max_completion_tokens")) }
        return name
    }

    private func readTemperature(_ node: Node) throws(PolicyError) -> String {
        let text = try nodes.text(node, named: "temperature")
        guard case .number? = try? JSONValue(json: Array(text.utf8)), let value = DecimalNumber(text), value >= DecimalNumber(0),
            value <= DecimalNumber(2)
        else { throw nodes.error(nodes.line(of: node), .wrongType(name: "temperature", expected: "a number from 0 to 2")) }
        return text.trimmed
    }

    private func readEndpoint(
        _ entries: [String: Node], _ node: Node, within deadline: Milliseconds
    ) throws(PolicyError) -> RemoteEndpoint {
        let urlNode = try nodes.require("url", in: entries, of: node, place: "the evaluator")
        var endpoint = RemoteEndpoint(url: try nodes.text(urlNode, named: "url"))
        if let allow = entries["allow"] {
            let known = AddressKind.allCases.filter { $0 != .open && $0 != .special }
            for name in try nodes.texts(allow, named: "allow") {
                guard let kind = known.first(where: { $0.rawValue == name }) else {
                    throw nodes.unknown("kind of address", name, among: known.map(\.rawValue), at: allow)
                }
                endpoint.allowed.insert(kind)
            }
        }
        if let sealed = entries["sealed"] {
            let word = try nodes.text(sealed, named: "sealed")
            guard ["allow", "deny"].contains(word) else { throw nodes.unknown("word", word, among: ["allow", "deny"], at: sealed) }
            endpoint.takesSealed = word == "allow"
        }
        try check(endpoint, at: urlNode)
        if let timeout = entries["timeout"] { endpoint.timeout = try readDuration(timeout, "timeout") }
        guard endpoint.timeout < deadline else {
            throw nodes.error(
                nodes.line(of: entries["timeout"] ?? node), .wrongType(name: "timeout", expected: "shorter than the council's deadline"))
        }
        endpoint.retries = try number("retries", entries, 0...RemoteEndpoint.retriesMaximum) ?? endpoint.retries
        endpoint.redirects = try number("redirects", entries, 0...RemoteEndpoint.redirectsMaximum) ?? endpoint.redirects
        endpoint.calls = try number("calls", entries, 1...RemoteEndpoint.callsMaximum) ?? endpoint.calls
        endpoint.responseBytes = try number("response_bytes", entries, 64...RemoteEndpoint.responseBytesMaximum) ?? endpoint.responseBytes
        endpoint.tokenVariable = try entries["token_env"].map { node throws(PolicyError) in try nodes.text(node, named: "token_env") }
        endpoint.certificates = try entries["ca"].map { node throws(PolicyError) in try readPath(node, named: "ca") }
        return endpoint
    }

    /// A copy of the file lies with every validator, in a folder of its own: only a whole path means the same to all.
    private func readPath(_ node: Node, named name: String) throws(PolicyError) -> String {
        let path = try nodes.text(node, named: name)
        guard path.hasPrefix("/") else { throw nodes.error(nodes.line(of: node), .wrongType(name: name, expected: "a path from the root")) }
        return path
    }

    /// No password stands in a file. That nothing goes unencrypted over the open network is seen when the name is looked up, and here as far as
    /// the file shows it.
    private func check(_ endpoint: RemoteEndpoint, at node: Node) throws(PolicyError) {
        let location = RemoteLocation(endpoint.url)
        guard let location, location.isEncrypted || !endpoint.allowed.isEmpty else {
            let plain = location == nil ? "" : "; 'http' only where 'allow' names a network of one's own"
            throw nodes.error(
                nodes.line(of: node), .wrongType(name: "url", expected: "https://HOST/PATH without user and fragment" + plain))
        }
    }

    private func number(_ name: String, _ entries: [String: Node], _ range: ClosedRange<Int>) throws(PolicyError) -> Int? {
        guard let node = entries[name] else { return nil }
        let value = try nodes.integer(node, named: name)
        guard range.contains(value) else {
            throw nodes.error(nodes.line(of: node), .wrongType(name: name, expected: "\(range.lowerBound) to \(range.upperBound)"))
        }
        return value
    }
}
