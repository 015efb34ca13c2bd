// `trellis optimizer`: what tunes a validator while it runs.

import ArgumentParser

struct OptimizerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "optimizer", abstract: "Say what tunes a running validator, and measure what that brings.",
        subcommands: [OptimizerExplain.self, OptimizerTraces.self])
}
