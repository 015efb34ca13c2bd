// How a seat judges, from its `evaluator` in a council file.

import FoundationEssentials
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

    private static let endpointKeys = ["url", "timeout", "retries", "response_bytes", "token_env", "allow", "calls"]

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
        let entries = try nodes.mapping(node, named: "openai", keys: Self.endpointKeys + ["model", "tokens"])
        let model = try nodes.text(try nodes.require("model", in: entries, of: node, place: "'openai'"), named: "model")
        let tokens = try number("tokens", entries, 16...16_384) ?? 500
        return ChatPlan(endpoint: try readEndpoint(entries, node, within: deadline), model: model, tokens: tokens)
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
        try check(endpoint, at: urlNode)
        if let timeout = entries["timeout"] { endpoint.timeout = try readDuration(timeout, "timeout") }
        guard endpoint.timeout < deadline else {
            throw nodes.error(
                nodes.line(of: entries["timeout"] ?? node), .wrongType(name: "timeout", expected: "shorter than the council's deadline"))
        }
        endpoint.retries = try number("retries", entries, 0...RemoteEndpoint.retriesMaximum) ?? endpoint.retries
        endpoint.calls = try number("calls", entries, 1...RemoteEndpoint.callsMaximum) ?? endpoint.calls
        endpoint.responseBytes = try number("response_bytes", entries, 64...RemoteEndpoint.responseBytesMaximum) ?? endpoint.responseBytes
        endpoint.tokenVariable = try entries["token_env"].map { node throws(PolicyError) in try nodes.text(node, named: "token_env") }
        return endpoint
    }

    /// What goes over the open network is encrypted, and no password stands in a file.
    private func check(_ endpoint: RemoteEndpoint, at node: Node) throws(PolicyError) {
        let url = URL(string: endpoint.url)
        guard let url, let host = url.host(), !host.isEmpty,
            host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "%") }), url.user() == nil, url.password() == nil,
            url.fragment() == nil,
            url.scheme == "https" || (url.scheme == "http" && !endpoint.allowed.isEmpty)
        else {
            let plain = url?.scheme == "http" ? "; 'http' only where 'allow' names a network of one's own" : ""
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
