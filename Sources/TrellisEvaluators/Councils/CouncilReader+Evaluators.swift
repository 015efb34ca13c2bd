// How a seat judges, from its `evaluator` in a council file.

import Yams

extension CouncilReader {
    /// One of `policy`, or `rules` with `default`.
    mutating func readEvaluator(_ node: Node, seat: String, _ common: [PolicyRule]) throws(PolicyError) -> EvaluatorPlan {
        let place = "the evaluator of '\(seat)'"
        let entries = try nodes.mapping(node, named: "evaluator", keys: ["policy", "rules", "default"])
        if let policy = entries["policy"] {
            let name = try nodes.text(policy, named: "policy")
            guard name == "standard" else { throw nodes.unknown("policy", name, among: ["standard"], at: policy) }
            if let other = entries.keys.sorted().first(where: { $0 != "policy" }) {
                throw nodes.error(nodes.line(of: entries[other]), .wrongType(name: other, expected: "in an evaluator without 'policy'"))
            }
            return .rules(try Policy(yaml: Policy.standard, name: name))
        }
        let own = try entries["rules"].map { node throws(PolicyError) in try nodes.readRules(node) } ?? []
        if let twice = own.first(where: { rule in common.contains { $0.name == rule.name } }) {
            throw nodes.error(nodes.line(of: node), .duplicate(what: "rule", name: twice.name))
        }
        let fallback = try nodes.readDefault(try nodes.require("default", in: entries, of: node, place: place))
        return .rules(Policy(name: seat, rules: common + own, fallback: fallback))
    }
}
