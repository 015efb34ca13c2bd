// `trellis keys check`: whether a key file can be relied on, now, by the one who asks.

import ArgumentParser
import Foundation
import TrellisCrypto
import TrellisNode

struct KeysCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a key file: permissions, passphrase, and that every key signs.",
        discussion: """
            The file must belong to whoever runs this (or to anyone, for root) and be readable by its owner alone. It is opened, which \
            authenticates all of it; every public key is computed again from its private key; and each key signs something that its public \
            key verifies. Exit codes: 0 all is well, 1 trouble, 2 usage.
            """)

    @Argument(help: "The key file.")
    var file: String

    @Option(
        help: ArgumentHelp("A statement of 'rotate --key': must be signed by both sides, and these keys must be one.", valueName: "file"))
    var succession: String?

    @Option(help: ArgumentHelp("A file with the passphrase.", valueName: "file"))
    var passphraseFile: String?

    func run() throws {
        // Before the passphrase is asked for.
        _ = try Keys.summary(file)
        let keys = try Keys.open(file, try Passphrase.current(file: passphraseFile).read(isNew: false))
        var message = SecretBytes(random: 32).withBytes { Array($0) }
        message += Array(keys.name.utf8)
        for entry in keys.entries {
            guard let scheme = SignatureScheme.identified(entry.key.scheme) else { throw Failure("unknown scheme") }
            let signature = try entry.key.sign(message, context: Self.purpose)
            guard try scheme.verifyingKey(entry.key.publicKey).isValid(signature, for: message, context: Self.purpose) else {
                throw Failure("\(file): the key of '\(Terminal.shown(entry.role))' does not sign", hint: "make new keys; do not use these")
            }
            Terminal.print("signs   \(Terminal.shown(entry.role))  \(scheme.name)")
        }
        if let succession { try check(succession, keys) }
        Terminal.print("all is well with \(Terminal.shown(file))")
    }

    private static let purpose = Domain("trellis/key-check/1")

    private func check(_ path: String, _ keys: KeyFile) throws {
        let statement: KeySuccession
        do {
            statement = try KeySuccession(encoded: try Files.read(path, limit: KeySuccession.maximumSize))
        } catch let error as CryptoError {
            throw Failure("\(path): \(error)")
        }
        guard statement.isValid else { throw Failure("\(path): a signature is not valid") }
        let own = keys.entries.map(\.key.publicKey)
        let side = statement.steps.map(\.new.publicKey) == own ? "new" : statement.steps.map(\.old.publicKey) == own ? "old" : nil
        guard let side, statement.name == keys.name, statement.chainID == keys.chainID else {
            throw Failure("\(path) is signed, but of other keys than those in \(file)")
        }
        for step in statement.steps {
            let (old, new) = (HashSuite.sha256.hash(step.old.publicKey), HashSuite.sha256.hash(step.new.publicKey))
            Terminal.print("follows \(Terminal.shown(step.role))  SHA-256 \(new) after \(old)")
        }
        Terminal.print("signed by both; the keys in \(Terminal.shown(file)) are the \(side) ones")
    }
}
