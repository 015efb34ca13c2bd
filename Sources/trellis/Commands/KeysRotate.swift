// `trellis keys rotate`: another passphrase for the same keys, or other keys with a statement of the old ones that they are their
// successors.

import ArgumentParser
import TrellisCrypto
import TrellisNode

struct KeysRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Change a key file's passphrase, or make successors of its keys.",
        discussion: """
            With --passphrase the same keys are sealed under a new passphrase and cost. The new file is written beside the old, synced, and \
            renamed over it: a crash leaves all of the one or all of the other. Copies and backups of the old file still open with the old \
            passphrase. The new passphrase is read from --new-passphrase-file, else from TRELLIS_NEW_PASSPHRASE, else asked for.

            With --key new keys for the same roles are made in the file --out, under the new passphrase if one is given by file or \
            environment, else under the old one; and OUT.succession.json, which says for each role that the new key takes the place of the \
            old, signed by both. The old file stays as it is. No network acts on it by itself: a committee's keys are fixed by its genesis, \
            and it is for whoever changes a committee to check the statement, with 'trellis keys check OUT --succession FILE', and the old \
            public keys against those that they know. Keep the old keys until then.

            Exit codes: 0 done, 1 failure, 2 usage.
            """)

    @Argument(help: "The key file.")
    var file: String

    @Flag(help: "Change the passphrase.")
    var passphrase = false

    @Flag(help: "Make successors of the keys.")
    var key = false

    @Option(help: ArgumentHelp("The file for the new keys.", valueName: "file"))
    var out: String?

    @Option(help: "The scheme of the new keys; each key's own if not given.")
    var scheme: String?

    @Option(help: ArgumentHelp("A file with the passphrase.", valueName: "file"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp("A file with the new passphrase.", valueName: "file"))
    var newPassphraseFile: String?

    @OptionGroup var cost: KeyCost

    func validate() throws {
        guard passphrase != key else { throw ValidationError("say --passphrase or --key") }
        guard key == (out != nil) else { throw ValidationError("--key needs --out, --passphrase takes none") }
        guard key || scheme == nil else { throw ValidationError("--scheme goes with --key") }
    }

    func run() throws {
        let current = try Passphrase.current(file: passphraseFile).read(isNew: false)
        let keys = try Keys.open(file, current)
        let own = try KeyFile.summary(of: try SecretFiles.read(file)).cost
        let next = Passphrase.next(file: newPassphraseFile)
        if let out {
            try makeSuccessors(of: keys, in: out, passphrase: try next.isGiven ? next.read(isNew: true) : current, own)
        } else {
            let sealed = try keys.sealed(passphrase: try next.read(isNew: true), cost: try cost.scrypt(orElse: own))
            try SecretFiles.replace(file, with: sealed)
            Terminal.print("\(Terminal.shown(file)) has a new passphrase; copies of the old file still open with the old one")
        }
    }

    private func makeSuccessors(
        of old: KeyFile, in path: String, passphrase: SecretBytes, _ own: KeyDerivation.ScryptCost
    ) throws {
        let statementPath = "\(path).succession.json"
        for path in [path, statementPath] where Files.isFile(path) { throw KeyFileError.exists(path: path) }
        let entries = try old.entries.map { entry in
            let scheme = try scheme.map(Keys.scheme) ?? SignatureScheme.identified(entry.key.scheme)
            guard let scheme else { throw Failure("\(file) has a key of an unknown scheme") }
            return KeyFile.Entry(role: entry.role, key: try scheme.generate())
        }
        let new = KeyFile(name: old.name, chainID: old.chainID, entries: entries, sealing: old.sealing)
        let statement = try KeySuccession(from: old, to: new).encoded()
        // The statement first: keys without one would be of no use, and it cannot be made again.
        try SecretFiles.write(statement, to: statementPath)
        try SecretFiles.write(try new.sealed(passphrase: passphrase, cost: try cost.scrypt(orElse: own)), to: path)
        Terminal.print("wrote \(Terminal.shown(path)) and \(Terminal.shown(statementPath)); \(Terminal.shown(file)) is as it was")
    }
}
