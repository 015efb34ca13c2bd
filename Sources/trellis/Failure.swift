// How commands fail: `error:` and `hint:` on standard error, and the exit code.

import ArgumentParser
import TrellisClient
import TrellisNode

/// Exit codes. Every command documents which it gives.
enum Exit {
    static let failure: Int32 = 1
    static let usage: Int32 = 2
    static let rejected: Int32 = 3
    static let expired: Int32 = 4
    static let undecided: Int32 = 5
}

/// A failure with what a person may do about it.
struct Failure: Error {
    let message: String
    let hint: String?
    let code: Int32

    init(_ message: String, hint: String? = nil, code: Int32 = Exit.failure) {
        self.message = message
        self.hint = hint
        self.code = code
    }

    /// Tells of an error that ended a command, and ends the process.
    static func end(with error: any Error) -> Never {
        switch error {
        case let failure as Failure: failure.end()
        case let error as ClientError: Failure(Terminal.shown(error.description), hint: error.hint).end()
        case let error as DataDirectoryError: Failure(error.description, hint: error.hint).end()
        case let error as KeyFileError: Failure(Terminal.shown(error.description), hint: error.hint.map(Terminal.shown)).end()
        case is CancellationError: Trellis.exit(withError: ExitCode(Exit.failure))
        default:
            switch Trellis.exitCode(for: error) {
            case .validationFailure:
                let usage = Trellis.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Usage:") }
                Failure(
                    Trellis.message(for: error), hint: usage.map { $0.dropFirst(7) + "; more: trellis help" } ?? "trellis help",
                    code: Exit.usage
                ).end()
            case .success: Trellis.exit(withError: error)
            case let code where error is ExitCode: Trellis.exit(withError: code)
            default: Failure("\(error)").end()
            }
        }
    }

    private func end() -> Never {
        Terminal.error("error: \(message)")
        if let hint { Terminal.error("hint: \(hint)") }
        Trellis.exit(withError: ExitCode(code))
    }
}
