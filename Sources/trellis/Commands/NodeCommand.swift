// `trellis node`: runs one validator until it is told to stop.

import ArgumentParser
import TrellisNode

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Run one validator.",
        discussion: """
            The passphrase of the key file is read from TRELLIS_PASSPHRASE, or from the configuration's passphrase_file. \
            Exit codes: 0 stopped by a signal, 1 failure, 2 usage or configuration.
            """)

    @Option(help: ArgumentHelp("The validator's configuration.", valueName: "file"))
    var config: String

    @OptionGroup var implementation: ImplementationOption

    func run() async throws {
        implementation.select()
        let configuration: NodeConfiguration
        do {
            configuration = try NodeConfiguration(path: config)
        } catch {
            throw Failure(error.description, hint: "'trellis network init' writes configurations", code: Exit.usage)
        }
        let stop = StopSignal()
        let validator = try await RunningValidator.start(configuration)
        Terminal.error("\(NetworkSetup.validatorName(Int(validator.node.validator))) serves http://\(configuration.api)")
        await stop.wait()
        await validator.stop()
    }
}
