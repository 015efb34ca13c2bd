// `trellis repair`: cuts damaged logs of a data directory at the first damage, keeping copies.

import ArgumentParser
import TrellisNode

struct Repair: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cut a damaged log at its first damage, keeping a copy.",
        discussion: """
            Only for a validator that refuses to start. What lay behind the damage is fetched from the other validators again; \
            the high-water mark keeps it from signing a round twice. What is derived from the ledger's entries is derived again at the \
            next start. Exit codes: 0 done, 1 failure, 2 usage.
            """)

    @Option(help: ArgumentHelp("The data directory, as in the validator's configuration.", valueName: "dir"))
    var data: String

    @Flag(help: "The directory was restored from a backup: the validator asks the others what it signed since.")
    var restored = false

    func run() throws {
        guard Files.isDirectory(data) else { throw Failure("there is no data directory \(data)", code: Exit.usage) }
        if restored {
            try DataDirectory.forgetMark(data)
            Terminal.print("removed the high-water mark: the validator signs nothing until the others have told it what it signed")
        }
        let repairs = try DataDirectory.repair(data)
        for line in repairs { Terminal.print(line) }
        if repairs.isEmpty && !restored { Terminal.print("nothing is damaged") }
    }
}
