// The option --crypto, which several commands share.

import ArgumentParser
import TrellisCrypto

struct ImplementationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whose cryptography: native (our kernels) or portable (the library wherever it has the algorithm).",
            valueName: "implementation"))
    var crypto = CryptoImplementation.native.rawValue

    func validate() throws {
        guard CryptoImplementation(rawValue: crypto) != nil else {
            throw ValidationError("--crypto must be \(CryptoImplementation.allCases.map(\.rawValue).joined(separator: " or "))")
        }
    }

    /// Every key made or parsed from now on is of the chosen implementation.
    func select() {
        if let implementation = CryptoImplementation(rawValue: crypto) { CryptoImplementation.select(implementation) }
    }
}
