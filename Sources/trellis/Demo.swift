// The demonstration: real commands, as agents propose them, through the HTTP API; a table of verdicts; every receipt verified offline.

import Foundation
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisVerify

struct Demo {
    private struct Line: Decodable, Sendable {
        var command: String
        var agent: String?
        var cwd: String?
        var purpose: String?
    }

    private struct Result: Sendable {
        var line: Line
        /// Nil when there is no proof in time.
        var decision: Decision?
    }

    private static let inFlightMaximum = 32
    private let lines: [Line]

    init(file: String) throws(Failure) {
        let bytes = try Files.read(file, limit: 16 << 20)
        var lines: [Line] = []
        for (number, text) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            do {
                lines.append(try JSONDecoder().decode(Line.self, from: Data(text)))
            } catch {
                throw Failure("\(file):\(number + 1): not a JSON object with a command", code: Exit.usage)
            }
        }
        self.lines = lines
    }

    func run(endpoint: String, genesis path: String) async throws {
        let genesis = try Files.genesis(path)
        let client = try TrellisClient(endpoints: [endpoint], genesis: genesis)
        let start = ContinuousClock.now
        let results: [Result]
        do {
            results = try await withThrowingTaskGroup(of: (Int, Result).self) { group in
                var results = [Result?](repeating: nil, count: lines.count)
                var next = 0
                while next < min(Self.inFlightMaximum, lines.count) {
                    submit(next, client, &group)
                    next += 1
                }
                while let (index, result) = try await group.next() {
                    results[index] = result
                    guard next < lines.count else { continue }
                    submit(next, client, &group)
                    next += 1
                }
                return results.compactMap { $0 }
            }
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        try tell(results, ContinuousClock.now - start)
    }

    private func submit(_ index: Int, _ client: TrellisClient, _ group: inout ThrowingTaskGroup<(Int, Result), any Error>) {
        let line = lines[index]
        group.addTask {
            let fields = ["agent": line.agent, "cwd": line.cwd, "purpose": line.purpose].compactMapValues { $0 }
            let draft = ProposalDraft(kind: "command", text: line.command, fields: fields)
            // The client hands on what the receipt proves under the genesis file it was given; nothing else is asked of the network.
            do throws(ClientError) {
                return (index, Result(line: line, decision: try await client.propose(draft, timeout: 120).decision))
            } catch {
                guard case .undecided = error else { throw error }
                return (index, Result(line: line, decision: nil))
            }
        }
    }

    private func tell(_ results: [Result], _ elapsed: Duration) throws {
        for result in results {
            let style = Terminal.Style(of: result.decision?.outcome.name)
            let verdict = (result.decision?.outcome.name ?? "unproven").padding(toLength: 9, withPad: " ", startingAt: 0)
            let command = String(Terminal.shown(result.line.command).prefix(72)).padding(toLength: 72, withPad: " ", startingAt: 0)
            let reason = result.decision?.seats.first { !$0.reason.isEmpty }?.reason ?? ""
            Terminal.print("\(Terminal.styled(verdict, style)) \(command) \(Terminal.shown(reason))")
        }
        func count(_ outcome: Outcome) -> Int { results.filter { $0.decision?.outcome == outcome }.count }
        let verified = results.filter { $0.decision != nil }.count
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        Terminal.print("")
        Terminal.print(
            "\(results.count) proposals: \(count(.approved)) approved, \(count(.rejected)) rejected, \(count(.expired)) expired; "
                + "\(verified) receipts verified offline; \(String(format: "%.1f", seconds)) s")
        guard verified == results.count else { throw Failure("\(results.count - verified) receipts are missing or did not verify") }
    }
}
