// `trellis bench`: measures a network of separate processes on this machine and prints a table that says under which conditions.

import ArgumentParser
import Foundation
import TrellisClient

struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a network of separate processes on this machine.",
        discussion: "Every validator syncs its storage; the load generator shares the machine. Exit codes: 0 measured, 1 failure, 2 usage.")

    @Option(help: "How many validators.")
    var validators = 4

    @Option(help: "Seconds per load.")
    var seconds = 10.0

    @Option(help: "Record sizes in bytes, with commas between.")
    var sizes = "128,1024"

    @Option(help: "Records in a request of the saturating loads.")
    var batch = 250

    @Option(help: "Requests in flight in the closed loop.")
    var inFlight = 32

    @Option(help: "The first validator's API port; peers use the ports from 1000 above it on.")
    var port = 18_080

    @Option(help: ArgumentHelp("Where the validators' data goes: measure the disk that matters.", valueName: "dir"))
    var data = FileManager.default.currentDirectoryPath

    @Flag(help: "Print the figures as JSON.")
    var json = false

    /// A figure: what was measured, and the values by name in order.
    private struct Row {
        var load: String
        var values: [(name: String, value: Double)]
    }

    func validate() throws {
        guard (1...31).contains(validators) else { throw ValidationError("--validators must be 1 to 31") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 600") }
        guard (1...2000).contains(batch), (1...1024).contains(inFlight) else {
            throw ValidationError("--batch must be 1 to 2000, --in-flight 1 to 1024")
        }
        guard !recordSizes.isEmpty, recordSizes.allSatisfy({ (16...65_536).contains($0) }) else {
            throw ValidationError("--sizes must be numbers from 16 to 65536 with commas between")
        }
    }

    private var recordSizes: [Int] {
        let parts = sizes.split(separator: ",")
        let numbers = parts.compactMap { Int($0) }
        return numbers.count == parts.count ? numbers : []
    }

    func run() async throws {
        let network = try BenchNetwork(validators: validators, port: port, parent: data)
        defer { network.stop() }
        let clients = try network.endpoints.map { try UnverifiedClient(endpoint: $0) }
        do {
            try await network.waitUntilReady(clients)
            var rows: [Row] = []
            for size in recordSizes { rows += try await records(size, network, clients) }
            rows += try await proposals(clients[0])
            tell(rows)
        } catch {
            for client in clients { try? await client.shutdown() }
            throw error
        }
        for client in clients { try? await client.shutdown() }
    }

    private func records(_ size: Int, _ network: BenchNetwork, _ clients: [UnverifiedClient]) async throws -> [Row] {
        let load = BenchLoad(clients: clients, recordBytes: size)
        let single = BenchLoad(clients: [clients[0]], recordBytes: size)
        progress("record \(size) B: warming up")
        _ = try await load.closed(batch: batch, inFlight: inFlight, seconds: min(3, seconds))
        progress("record \(size) B: closed loop")
        let closed = try await measured("record \(size) B, closed loop, \(inFlight) x \(batch) in flight", network, clients) {
            try await load.closed(batch: batch, inFlight: inFlight, seconds: seconds)
        }
        progress("record \(size) B: open loop")
        let open = try await measured("record \(size) B, open loop at 90 % of it", network, clients) {
            try await load.open(rate: closed.sample.rate * 0.9, batch: batch, seconds: seconds)
        }
        let half = try await measured("record \(size) B, open loop at half load", network, clients) {
            try await load.open(rate: closed.sample.rate * 0.5, batch: max(1, batch / 10), seconds: seconds)
        }
        progress("record \(size) B: light load")
        let light = try await measured("record \(size) B, light load, one at a time", network, clients) {
            try await single.closed(batch: 1, inFlight: 1, seconds: seconds)
        }
        return [closed.row, open.row, half.row, light.row]
    }

    private func measured(
        _ name: String, _ network: BenchNetwork, _ clients: [UnverifiedClient], _ body: () async throws -> BenchSample
    ) async throws -> (sample: BenchSample, row: Row) {
        let cpu = network.cpuSeconds()
        let bytes = try await network.wireBytes(clients)
        let sample = try await body()
        let operations = Double(max(1, sample.operations))
        let values: [(String, Double)] = [
            ("ops/s", sample.rate), ("p50 ms", sample.percentile(50)), ("p99 ms", sample.percentile(99)),
            ("CPU s per 1000", (network.cpuSeconds() - cpu) * 1000 / operations),
            ("wire B per op", Double(try await network.wireBytes(clients) - bytes) / operations), ("failed", Double(sample.failures)),
        ]
        return (sample, Row(load: name, values: values))
    }

    private func proposals(_ client: UnverifiedClient) async throws -> [Row] {
        progress("proposals")
        let decided = try await BenchLoad.proposals(client, count: 100, .decided)
        let certified = try await BenchLoad.proposals(client, count: 100, .certified)
        func row(_ name: String, _ sample: BenchSample) -> Row {
            Row(
                load: name,
                values: [
                    ("ops/s", sample.rate), ("p50 ms", sample.percentile(50)), ("p99 ms", sample.percentile(99)),
                    ("failed", Double(sample.failures)),
                ])
        }
        return [row("propose, to decision, one at a time", decided), row("propose, to certified receipt, one at a time", certified)]
    }

    private func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { Terminal.error(Terminal.styled(text, .dim)) }
    }

    private func tell(_ rows: [Row]) {
        if json {
            let objects = rows.map { row in
                let values = row.values.map { "\(JSONText.quoted($0.name)):\($0.value.isFinite ? String($0.value) : "null")" }
                return "{\"load\":\(JSONText.quoted(row.load)),\(values.joined(separator: ","))}"
            }
            Terminal.print("[\(objects.joined(separator: ","))]")
            return
        }
        Terminal.print("\(validators) validators as separate processes, every block synced; \(machine())")
        Terminal.print("")
        let names = ["ops/s", "p50 ms", "p99 ms", "CPU s per 1000", "wire B per op", "failed"]
        Terminal.print("| load | \(names.joined(separator: " | ")) |")
        Terminal.print("|---|\(names.map { _ in "---:" }.joined(separator: "|"))|")
        for row in rows {
            let values = Dictionary(row.values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            let cells = names.map { name -> String in
                guard let value = values[name], value.isFinite else { return "" }
                return value >= 100 || value == value.rounded()
                    ? String(Int(value.rounded())) : String(format: value < 1 ? "%.3f" : "%.1f", value)
            }
            Terminal.print("| \(row.load) | \(cells.joined(separator: " | ")) |")
        }
    }

    private func machine() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let models = text.split(separator: "\n").filter { $0.hasPrefix("model name") }
        let model = models.first?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown CPU"
        return "\(models.count) cores of \(model), shared with the load generator"
    }
}
