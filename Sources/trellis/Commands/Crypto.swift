// `trellis crypto`: what the cryptography of this build does on this machine.

import ArgumentParser
import TrellisCrypto

struct Crypto: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure and check the cryptography of this build on this machine.",
        subcommands: [CryptoSpeedCommand.self, CryptoSelfTestCommand.self, CryptoBOM.self, CryptoCompactCertificate.self])
}

struct CryptoSpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Print a table of times, with ratios to the library's in the same run.",
        discussion: "Both implementations run by turns. Times are microseconds per operation: median, mean, 99th percentile.")

    @Option(help: "Seconds per row.")
    var seconds = 1.0

    @Option(help: "Only rows whose name contains this.")
    var only: String?

    @Option(help: "The most that the kernels may use: portable, avx2 or avx512.")
    var cpu: String?

    @Flag(help: "Print the figures as JSON.")
    var json = false

    func validate() throws {
        guard (0.01...600).contains(seconds) else { throw ValidationError("--seconds must be 0.01 to 600") }
        if let cpu, Processor.Level(rawValue: cpu) == nil {
            throw ValidationError("--cpu must be \(Processor.Level.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    func run() throws {
        if let level = cpu.flatMap(Processor.Level.init) { Processor.limit(to: level) }
        let rows = try CryptoSpeed.rows().filter { row in only.map { row.name.contains($0) } ?? true }
        guard !rows.isEmpty else { throw Failure("no row's name contains '\(only ?? "")'", code: Exit.usage) }
        var objects: [String] = []
        if !json {
            Terminal.print("kernels on \(Processor.level.rawValue); microseconds per operation; ratio: the library's median to ours\n")
            Terminal.print(line("", ["median", "mean", "p99", "library", "mean", "ratio"]))
        }
        for row in rows {
            let (native, library) = try row.measure(seconds: seconds)
            if json {
                objects.append(object(row, native, library))
            } else {
                let theirs = library.map {
                    [figure($0.percentile(50)), figure($0.mean), figure($0.percentile(50) / native.percentile(50))]
                }
                Terminal.print(
                    line(
                        row.name,
                        [figure(native.percentile(50)), figure(native.mean), figure(native.percentile(99))] + (theirs ?? ["-", "-", "-"])))
            }
        }
        if json { Terminal.print("[\(objects.joined(separator: ","))]") }
    }

    private func line(_ name: String, _ figures: [String]) -> String {
        let width = 46
        let padded = name + String(repeating: " ", count: max(1, width - name.count))
        return padded + figures.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private func figure(_ value: Double) -> String {
        let scale = value < 10 ? 100.0 : 10.0
        return String((value * scale).rounded() / scale)
    }

    private func object(_ row: SpeedRow, _ native: SpeedSample, _ library: SpeedSample?) -> String {
        var fields = [
            ("median us", native.percentile(50)), ("mean us", native.mean), ("p99 us", native.percentile(99)),
        ]
        if let library {
            fields += [
                ("library median us", library.percentile(50)), ("library mean us", library.mean),
                ("ratio", library.percentile(50) / native.percentile(50)), ("mean ratio", library.mean / native.mean),
            ]
        }
        return "{\"load\":\(JSONText.quoted(row.name)),\(fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }
}

struct CryptoSelfTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self-test", abstract: "Check every algorithm against known answers, as a validator does at its start.",
        discussion: "Exit codes: 0 all is right, 1 something is wrong.")

    @OptionGroup var implementation: ImplementationOption

    func run() throws {
        implementation.select()
        let start = ContinuousClock.now
        let names: [String]
        do {
            names = try CryptoSelfTest.run(schemes: SignatureScheme.all)
        } catch {
            throw Failure("\(error)", hint: "try --crypto portable; the machine or this build is not to be trusted")
        }
        let time = ContinuousClock.now - start
        for name in names { Terminal.print("ok  \(name)") }
        Terminal.print("\(names.count) passed, 0 failed in \(Int(time.microseconds / 1000)) ms")
    }
}
