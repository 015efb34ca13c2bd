// From YAML to a council: every key, name, number and rule is checked here, with its line.

import TrellisCrypto
import TrellisModel
import Yams

/// Reads one council file.
struct CouncilReader {
    /// Typed access to nodes, and the reader of rules.
    var nodes: PolicyReader
    private let file: String

    init(file: String) {
        self.file = file
        nodes = PolicyReader(policy: file)
    }

    private static let place = "the council"

    mutating func read(_ yaml: String) throws(PolicyError) -> CouncilFile {
        try PolicyText.check(yaml, policy: file)
        guard let root = try nodes.compose(yaml) else { throw nodes.error(1, .missing(name: "version", place: Self.place)) }
        let keys = ["version", "name", "threshold", "deadline", "scheme", "rules", "seats"]
        let entries = try nodes.mapping(root, named: Self.place, keys: keys)
        let version = try text("version", entries, root)
        guard version == "1" else { throw nodes.error(nodes.line(of: entries["version"]), .unsupportedVersion(version)) }
        let name = try text("name", entries, root)
        guard name.utf8.count <= Council.nameMaximum, name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw nodes.error(
                nodes.line(of: entries["name"]),
                .wrongType(name: "name", expected: "1 to \(Council.nameMaximum) bytes without spaces"))
        }
        let scheme = try entries["scheme"].map { node throws(PolicyError) in try readScheme(node) } ?? CouncilFile.standardScheme
        let common = try entries["rules"].map { node throws(PolicyError) in try nodes.readRules(node) } ?? []
        let deadline = try entries["deadline"].map { node throws(PolicyError) in try readDuration(node, "deadline") } ?? 30_000
        let settings = Settings(scheme: scheme, common: common, deadline: deadline)
        let seats = try readSeats(try nodes.require("seats", in: entries, of: root, place: Self.place), settings)
        let threshold = try readThreshold(
            try nodes.require("threshold", in: entries, of: root, place: Self.place), weight: seats.reduce(0) { $0 + $1.weight })
        return CouncilFile(
            name: name, thresholdPermille: threshold.permille, isAdaptive: threshold.isAdaptive, deadline: deadline, seats: seats)
    }

    private func text(_ name: String, _ entries: [String: Node], _ node: Node) throws(PolicyError) -> String {
        try nodes.text(try nodes.require(name, in: entries, of: node, place: Self.place), named: name)
    }

    /// What the council says for all its seats.
    private struct Settings {
        let scheme: String
        let common: [PolicyRule]
        let deadline: Milliseconds
    }

    // MARK: - Seats

    private mutating func readSeats(_ node: Node, _ settings: Settings) throws(PolicyError) -> [CouncilFile.Seat] {
        var seats: [CouncilFile.Seat] = []
        var names: Set<String> = []
        for entry in try nodes.sequence(node, named: "seats") {
            guard seats.count < Council.seatsMaximum else {
                throw nodes.error(nodes.line(of: entry), .tooMany(what: "seats", maximum: Council.seatsMaximum))
            }
            let seat = try readSeat(entry, settings)
            guard names.insert(seat.name).inserted else {
                throw nodes.error(nodes.line(of: entry), .duplicate(what: "seat", name: seat.name))
            }
            seats.append(seat)
        }
        guard !seats.isEmpty else {
            throw nodes.error(nodes.line(of: node), .wrongType(name: "seats", expected: "a list with at least one seat"))
        }
        return seats
    }

    private mutating func readSeat(_ node: Node, _ settings: Settings) throws(PolicyError) -> CouncilFile.Seat {
        let keys = ["name", "weight", "mandate", "scheme", "validator", "evaluator"]
        let entries = try nodes.mapping(node, named: "seat", keys: keys)
        let nameNode = try nodes.require("name", in: entries, of: node, place: "the seat")
        let name = try bounded(nameNode, "name", CouncilFile.nameMaximum)
        let place = "the seat '\(name)'"
        let mandate = try bounded(
            try nodes.require("mandate", in: entries, of: node, place: place), "mandate", Council.mandateMaximum)
        var weight: UInt64 = 1
        if let given = entries["weight"] {
            guard let value = UInt64(exactly: try nodes.integer(given, named: "weight")), (1...Council.seatWeightMaximum).contains(value)
            else { throw nodes.error(nodes.line(of: given), .wrongType(name: "weight", expected: "1 to 2^32")) }
            weight = value
        }
        let evaluator = try nodes.require("evaluator", in: entries, of: node, place: place)
        return CouncilFile.Seat(
            name: name, weight: weight, mandate: mandate,
            scheme: try entries["scheme"].map { node throws(PolicyError) in try readScheme(node) } ?? settings.scheme,
            validator: try entries["validator"].map { node throws(PolicyError) in try nodes.text(node, named: "validator") },
            evaluator: try readEvaluator(evaluator, seat: name, settings.common, within: settings.deadline))
    }

    /// A text without the white space around it, of at most `limit` bytes and without control characters.
    private func bounded(_ node: Node, _ name: String, _ limit: Int) throws(PolicyError) -> String {
        let text = try nodes.text(node, named: name).trimmed
        guard (1...limit).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A }) else {
            throw nodes.error(nodes.line(of: node), .wrongType(name: name, expected: "a text of 1 to \(limit) bytes"))
        }
        return text
    }

    private func readScheme(_ node: Node) throws(PolicyError) -> String {
        let name = try nodes.text(node, named: "scheme")
        guard SignatureScheme.named(name) != nil else {
            throw nodes.unknown("signature scheme", name, among: SignatureScheme.all.map(\.name), at: node)
        }
        return name
    }

    // MARK: - Numbers

    /// `adaptive`, the same with a floor, or a fixed one.
    private func readThreshold(_ node: Node, weight: UInt64) throws(PolicyError) -> (permille: UInt64, isAdaptive: Bool) {
        if case .mapping = node {
            let entries = try nodes.mapping(node, named: "threshold", keys: ["adaptive", "floor"])
            let flag = try nodes.require("adaptive", in: entries, of: node, place: "the threshold")
            guard try nodes.flag(flag, named: "adaptive") else {
                throw nodes.error(nodes.line(of: flag), .wrongType(name: "adaptive", expected: "true; a fixed threshold is a number"))
            }
            return (try entries["floor"].map { node throws(PolicyError) in try readFloor(node) } ?? ThresholdLevel.floors.lowerBound, true)
        }
        if try nodes.text(node, named: "threshold") == "adaptive" { return (ThresholdLevel.floors.lowerBound, true) }
        return (try readFixedThreshold(node, weight: weight), false)
    }

    /// `0.67`, or 670 per mille.
    private func readFloor(_ node: Node) throws(PolicyError) -> UInt64 {
        let text = try nodes.text(node, named: "floor")
        let digits = text.hasPrefix("0.") ? text.dropFirst(2) : ""
        let padded = digits.isEmpty || digits.utf8.count > 3 ? text : digits + String(repeating: "0", count: 3 - digits.utf8.count)
        guard let permille = UInt64(padded), ThresholdLevel.floors.contains(permille) else {
            throw nodes.error(nodes.line(of: node), .wrongType(name: "floor", expected: "0.60 to 0.80, or 600 to 800 per mille"))
        }
        return permille
    }

    /// `3 of 5`, where the second number is all the council's weight, or a number per mille.
    private func readFixedThreshold(_ node: Node, weight: UInt64) throws(PolicyError) -> UInt64 {
        let text = try nodes.text(node, named: "threshold")
        let words = text.split(separator: " ")
        let permille: UInt64
        if words.count == 3, words[1] == "of", let needed = UInt64(words[0]), let all = UInt64(words[2]) {
            guard all == weight, needed <= all else {
                throw nodes.error(nodes.line(of: node), .wrongType(name: "threshold", expected: "of all the weight, which is \(weight)"))
            }
            permille = needed.multipliedReportingOverflow(by: 1000).partialValue / max(1, all)
            guard needed <= 1 << 40, Council.approvalWeight(of: weight, thresholdPermille: permille) == needed else {
                throw nodes.error(
                    nodes.line(of: node), .wrongType(name: "threshold", expected: "per mille: '\(text)' is not a whole number of them"))
            }
        } else {
            guard let value = UInt64(text) else {
                throw nodes.error(
                    nodes.line(of: node), .wrongType(name: "threshold", expected: "'3 of 5', or a number per mille, or 'adaptive'"))
            }
            permille = value
        }
        guard (500...1000).contains(permille) else {
            throw nodes.error(nodes.line(of: node), .wrongType(name: "threshold", expected: "half of the weight to all of it"))
        }
        return permille
    }

    /// `250ms`, `30s`, `5m` or `2h`, in milliseconds; at most seven days.
    func readDuration(_ node: Node, _ name: String) throws(PolicyError) -> Milliseconds {
        let text = try nodes.text(node, named: name)
        let units: [(suffix: String, milliseconds: UInt64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let number = UInt64(text.dropLast(unit.suffix.count)), (1...604_800_000 / unit.milliseconds).contains(number) else {
                break
            }
            return number * unit.milliseconds
        }
        throw nodes.error(nodes.line(of: node), .wrongType(name: name, expected: "a time such as 250ms, 30s, 5m or 2h, at most seven days"))
    }
}

extension String {
    /// Without spaces and line breaks at its ends.
    var trimmed: String {
        var rest = self[...].utf8
        while let byte = rest.first, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { rest.removeFirst() }
        while let byte = rest.last, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}
