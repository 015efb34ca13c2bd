// Which of two implementations the process uses: our kernels, or the library's. Chosen once at start-up; a key keeps the one it was made
// with. Both give the same results, byte for byte where the standard fixes them, and tests hold them together.

import Synchronization

/// An implementation of the lattice schemes.
public enum CryptoImplementation: String, Sendable, CaseIterable {
    /// Our kernels (CTrellisKernels): vector instructions where the processor has them, plain C elsewhere.
    case native
    /// The library's (swift-crypto) wherever it has the algorithm; our kernels in plain C for the rest.
    case portable

    private static let chosen = Atomic(true)

    /// The one in use: `native` unless `select` said otherwise.
    public static var current: CryptoImplementation {
        chosen.load(ordering: .relaxed) ? .native : .portable
    }

    /// Uses `implementation` for every key made or parsed from now on.
    public static func select(_ implementation: CryptoImplementation) {
        chosen.store(implementation == .native, ordering: .relaxed)
        Processor.limit(to: implementation == .native ? .avx512 : .portable)
    }
}
