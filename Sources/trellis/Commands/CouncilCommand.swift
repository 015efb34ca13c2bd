// `trellis council`: checks council files, and shows the seats of a council from its file or from a genesis.

import ArgumentParser
import TrellisEvaluators
import TrellisModel
import TrellisNode

struct CouncilCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "council", abstract: "Check and show councils.", subcommands: [CouncilCheck.self, CouncilShow.self, CouncilSpeed.self])
}

struct CouncilCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check council files.",
        discussion: "Reads every rule, and holds the seats to those of a genesis if one is given. Exit codes: 0 right, 1 wrong, 2 usage.")

    @Argument(help: "Council files; - for standard input.")
    var files: [String]

    @Option(help: "A genesis that has these councils: their seats must be the same.")
    var genesis: String?

    func run() throws {
        let trusted = try genesis.map { path throws(Failure) in try Files.genesis(path) }
        for file in files {
            let council = try CouncilFiles.read(file)
            if let trusted { try CouncilFiles.check(council, file, against: trusted) }
            Terminal.print(
                "\(Terminal.shown(file)): council \(Terminal.shown(council.name)), \(council.seats.count) seats, "
                    + Approval(council.weight, council.thresholdPermille, isAdaptive: council.isAdaptive).text)
        }
    }
}

struct CouncilShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the seats of a council.",
        discussion: "From council files, or all councils of a genesis. Exit codes: 0, 1 a file is wrong, 2 usage.")

    @Argument(help: "Council files, or one genesis.json.")
    var files: [String]

    @Flag(help: "Show mandates too.")
    var mandates = false

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        var shown: [ShownCouncil] = []
        for file in files {
            if file.hasSuffix(".json") {
                let genesis = try Files.genesis(file)
                shown += genesis.councils.map { ShownCouncil($0, genesis) }
            } else {
                shown.append(ShownCouncil(try CouncilFiles.read(file)))
            }
        }
        if json {
            Terminal.print("[" + shown.map(\.json).joined(separator: ",") + "]")
        } else {
            for council in shown { for line in council.lines(mandates: mandates) { Terminal.print(line) } }
        }
    }
}

enum CouncilFiles {
    /// Reads a council file; what is wrong with it is told with its line.
    static func read(_ path: String) throws(Failure) -> CouncilFile {
        let yaml = try text(path)
        do {
            return try CouncilFile(yaml: yaml, file: path)
        } catch {
            throw Failure(Terminal.shown(error.description), hint: "docs/councils.md says what a council file may hold")
        }
    }

    /// A council for a new network.
    static func planned(_ path: String) throws(Failure) -> PlannedCouncil {
        let yaml = try text(path)
        do {
            return try PlannedCouncil(yaml: yaml, file: path)
        } catch {
            throw Failure(Terminal.shown(error.description), hint: "'trellis council check' reads council files")
        }
    }

    private static func text(_ path: String) throws(Failure) -> String {
        // The name of a council where its file is meant.
        if path != "-", !path.contains("/"), !path.contains("."), !Files.isFile(path) {
            throw Failure(
                "there is no file \(Terminal.shown(path))",
                hint: "a council is named by its file, such as Examples/councils/\(Terminal.shown(path)).yaml", code: Exit.usage)
        }
        guard let text = String(validating: try Files.read(path, limit: CouncilFile.bytesMaximum), as: UTF8.self) else {
            throw Failure("\(path) is not UTF-8", code: Exit.usage)
        }
        return text
    }

    static func check(_ council: CouncilFile, _ path: String, against genesis: Genesis) throws(Failure) {
        do {
            try council.check(against: genesis)
        } catch {
            throw Failure("\(path): \(Terminal.shown(error.description))", hint: "use the file that the genesis was made with")
        }
    }
}

/// What a council's approval takes.
private struct Approval {
    let weight: UInt64
    let permille: UInt64
    let isAdaptive: Bool

    init(_ weight: UInt64, _ permille: UInt64, isAdaptive: Bool) {
        self.weight = weight
        self.permille = permille
        self.isAdaptive = isAdaptive
    }

    var least: UInt64 { Council.approvalWeight(of: weight, thresholdPermille: permille) }
    var most: UInt64 {
        isAdaptive ? Council.approvalWeight(of: weight, thresholdPermille: ThresholdLevel.floors.upperBound) : least
    }

    var text: String {
        isAdaptive
            ? "approval \(least) to \(most) of \(weight), adaptive (\(permille) to \(ThresholdLevel.floors.upperBound) per mille)"
            : "approval \(least) of \(weight)"
    }

    var json: String {
        "\"weight\":\(weight),\"needed\":\(least),\"threshold_permille\":\(permille),"
            + (isAdaptive ? "\"adaptive\":true,\"needed_maximum\":\(most)," : "")
    }
}

/// What `trellis council show` tells of one council.
private struct ShownCouncil {
    struct Seat {
        let name: String
        let weight: UInt64
        let scheme: String
        let mandate: String
        /// Who holds it, where that is settled.
        let validator: String?
        /// How it judges, where that is known.
        let evaluator: String?
    }

    let name: String
    let approval: Approval
    let deadline: Milliseconds
    let seats: [Seat]

    init(_ file: CouncilFile) {
        name = file.name
        approval = Approval(file.weight, file.thresholdPermille, isAdaptive: file.isAdaptive)
        deadline = file.deadline
        seats = file.seats.map {
            Seat(
                name: $0.name, weight: $0.weight, scheme: $0.scheme, mandate: $0.mandate, validator: $0.validator,
                evaluator: $0.evaluator.name)
        }
    }

    init(_ council: Genesis.CouncilEntry, _ genesis: Genesis) {
        name = council.name
        approval = Approval(
            council.seats.reduce(0) { $0 + $1.weight }, council.thresholdPermille, isAdaptive: council.isAdaptive)
        deadline = council.deadline
        seats = council.seats.map { seat in
            let host = Int(seat.validator) < genesis.validators.count ? genesis.validators[Int(seat.validator)].name : nil
            return Seat(
                name: seat.name, weight: seat.weight, scheme: seat.scheme, mandate: seat.mandate, validator: host, evaluator: nil)
        }
    }

    func lines(mandates: Bool) -> [String] {
        var lines = ["council \(Terminal.shown(name)): \(approval.text), within \(deadline) ms"]
        for (place, seat) in seats.enumerated() {
            let notes = [seat.weight == 1 ? nil : "weight \(seat.weight)", seat.scheme, seat.validator, seat.evaluator]
            lines.append(
                "  seat \(place)  \(Terminal.shown(seat.name))  (\(Terminal.shown(notes.compactMap(\.self).joined(separator: ", "))))")
            if mandates, !seat.mandate.isEmpty {
                lines += seat.mandate.split(separator: "\n").map { "          \(Terminal.shown(String($0)))" }
            }
        }
        return lines
    }

    var json: String {
        let seats = seats.map { seat in
            var members = [
                "\"name\":\(JSONText.quoted(seat.name))", "\"weight\":\(seat.weight)", "\"scheme\":\(JSONText.quoted(seat.scheme))",
                "\"mandate\":\(JSONText.quoted(seat.mandate))",
            ]
            if let validator = seat.validator { members.append("\"validator\":\(JSONText.quoted(validator))") }
            if let evaluator = seat.evaluator { members.append("\"evaluator\":\(JSONText.quoted(evaluator))") }
            return "{\(members.joined(separator: ","))}"
        }
        return "{\"name\":\(JSONText.quoted(name)),\(approval.json)\"deadline_ms\":\(deadline),"
            + "\"seats\":[\(seats.joined(separator: ","))]}"
    }
}
