// Where passphrases come from: a file that only its owner can read, the environment, or a person at the terminal, who does not see what
// is typed. Kept as secret bytes from the first to the last.

import Foundation
import TrellisCrypto
import TrellisNode

struct Passphrase {
    /// A file named on the command line; goes before everything else.
    let file: String?
    /// The environment variable that goes before the terminal.
    let variable: String
    /// What a person is asked.
    let question: String

    /// The existing passphrase of a key file.
    static func current(file: String?) -> Passphrase {
        Passphrase(file: file, variable: "TRELLIS_PASSPHRASE", question: "Passphrase: ")
    }

    /// The passphrase that takes its place.
    static func next(file: String?) -> Passphrase {
        Passphrase(file: file, variable: "TRELLIS_NEW_PASSPHRASE", question: "New passphrase: ")
    }

    /// Whether one is given without asking.
    var isGiven: Bool { file != nil || getenv(variable) != nil }

    /// Reads it. A new one must not be empty, and is asked for twice.
    func read(isNew: Bool) throws -> SecretBytes {
        let passphrase = try given() ?? asked(isNew: isNew)
        guard passphrase.count > 0 || !isNew else { throw Failure("an empty passphrase protects nothing", code: Exit.usage) }
        return passphrase
    }

    private func given() throws -> SecretBytes? {
        if let file { return try SecretFiles.readPassphrase(file) }
        return Self.fromEnvironment(variable)
    }

    /// The bytes of an environment variable; nil if it is not set.
    static func fromEnvironment(_ variable: String) -> SecretBytes? {
        guard let value = getenv(variable) else { return nil }
        return SecretBytes(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    private func asked(isNew: Bool) throws -> SecretBytes {
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure("no passphrase", hint: "set \(variable), name a file, or run it at a terminal", code: Exit.usage)
        }
        let first = try ask(question)
        guard isNew else { return first }
        guard try ask("Again: ") == first else { throw Failure("the two passphrases differ", code: Exit.usage) }
        return first
    }

    /// Reads a line without echo. Signals of the keyboard are off meanwhile, so that none leaves the terminal silent; Ctrl-C and Ctrl-D end it.
    private func ask(_ question: String) throws -> SecretBytes {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { throw Failure("the terminal cannot be silenced") }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { throw Failure("the terminal cannot be silenced") }
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings) }
        FileHandle.standardError.write(Data(question.utf8))
        defer { FileHandle.standardError.write(Data("\n".utf8)) }
        return try readLine()
    }

    private func readLine() throws -> SecretBytes {
        // Never grows, so that no copy of it is left anywhere.
        var line = [UInt8](repeating: 0, count: SecretFiles.passphraseSizeMaximum)
        defer { SecretBytes.erase(&line) }
        var count = 0
        var byte: UInt8 = 0
        while true {
            let got = Foundation.read(STDIN_FILENO, &byte, 1)
            if got < 0, errno == EINTR { continue }
            switch byte {
            case _ where got <= 0, 0x03, 0x04: throw Failure("no passphrase given")
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                return line.withUnsafeBytes { SecretBytes(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            case 0x7f, 0x08:
                // A whole character of UTF-8.
                while count > 0, line[count - 1] & 0xc0 == 0x80 { count -= 1 }
                count = max(0, count - 1)
            case 0x15: count = 0
            default:
                guard count < line.count else { throw Failure("the passphrase has more than \(line.count) bytes") }
                line[count] = byte
                count += 1
            }
        }
    }
}
