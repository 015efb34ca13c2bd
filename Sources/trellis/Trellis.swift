// The command `trellis`: its subcommands, and how every failure of any of them is told and turned into an exit code. What a subcommand
// does stands in Commands/.

import ArgumentParser
import TrellisModel

@main
struct Trellis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trellis",
        abstract: "Proposals decided by a committee, with receipts that anyone verifies offline.",
        version: Release.version,
        subcommands: [
            Dev.self,
            Propose.self,
            Verify.self,
            Audit.self,
            Status.self,
            Watch.self,
            MCPCommand.self,
            Network.self,
            CouncilCommand.self,
            Keys.self,
            ClientCommand.self,
            NodeCommand.self,
            Repair.self,
            Conformance.self,
            Crypto.self,
            Simulate.self,
            OptimizerCommand.self,
            Bench.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot(Propose.expandingWait(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.end(with: error)
        }
    }
}
