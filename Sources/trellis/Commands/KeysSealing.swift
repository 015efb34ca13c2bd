// `trellis keys sealing` and `trellis keys network`: the keys to which requests are sealed, as a validator makes its own, and as a client
// sees everybody's.

import ArgumentParser
import Foundation
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

struct KeysSealing: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealing", abstract: "Make a validator's next sealing key.",
        discussion: """
            Puts a new sealing key in front of those in the key file, signs it with the consensus key, and puts it into --out, the file of all \
            validators' sealing keys (which is made if it is not there, and which every validator serves: give it to the others). Older \
            keys stay, so that what was sealed to them still opens; --retire removes them: what was sealed to them can then be read by no \
            one who does not hold them already. Restart the validator afterwards. Exit codes: 0 done, 1 failure, 2 usage.
            """)

    @Argument(help: "The key file.")
    var file: String

    @Option(help: ArgumentHelp("The network's genesis.", valueName: "file"))
    var genesis: String

    @Option(help: ArgumentHelp("The file of all validators' sealing keys.", valueName: "file"))
    var out: String

    @Flag(help: "Remove older sealing keys from the key file.")
    var retire = false

    @Option(help: ArgumentHelp("A file with the passphrase.", valueName: "file"))
    var passphraseFile: String?

    func run() throws {
        let committee = try Committee(genesis: try Files.genesis(genesis))
        let passphrase = try Passphrase.current(file: passphraseFile).read(isNew: false)
        let old = try Keys.open(file, passphrase)
        let own = old.entries.first { $0.role == KeyFiles.validatorRoles.first }
        guard let own, let index = committee.validators.firstIndex(where: { $0.key.bytes == own.key.publicKey }) else {
            throw Failure("\(file) holds the consensus key of no validator in \(genesis)", code: Exit.usage)
        }
        var published = SealingKeys(committee: committee)
        if Files.isFile(out) {
            let bytes = try Files.read(out, limit: SealingKeys.fileBytesMaximum(committee))
            do { published = try SealingKeys(json: bytes, committee: committee) } catch { throw Failure("\(out): \(error)") }
        }
        let key = try CompositeKEM.PrivateKey.generate()
        let kept = retire ? [] : Array(old.sealing.prefix(KeyFile.maximumSealingKeys - 1))
        let new = KeyFile(name: old.name, chainID: old.chainID, entries: old.entries, sealing: [key] + kept)
        let cost = try KeyFile.summary(of: try SecretFiles.read(file)).cost
        published.insert(
            try SealingKey(
                key.publicKey, of: ValidatorIndex(index), issued: UInt64(Date().timeIntervalSince1970 * 1000), signedBy: own.key,
                chain: committee.chain, epoch: committee.epoch))
        // The private key first: nothing is sealed to one that is nowhere.
        try SecretFiles.replace(file, with: try new.sealed(passphrase: passphrase, cost: cost))
        try Files.write(published.json, to: out)
        Terminal.print("\(Terminal.shown(file)) has a new sealing key and \(kept.count) older; \(Terminal.shown(out)) says so")
    }
}

struct KeysNetwork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Get the validators' sealing keys and check them against the genesis.",
        discussion: "Exit codes: 0 all are signed by their validators, 1 failure, 2 usage.")

    @Option(help: ArgumentHelp("The network's genesis.", valueName: "file"))
    var genesis: String

    @Flag(help: "Print the checked keys as the validator served them.")
    var json = false

    @OptionGroup var connection: Connection

    func run() async throws {
        let trusted = try Files.genesis(genesis)
        try await connection.withClient(genesis: trusted) { client in
            let keys = try await client.sealingKeys()
            if json { return Terminal.print(keys.json) }
            for key in keys.keys {
                let validator = keys.committee.validator(key.validator)
                let digest = HashSuite.sha256.hash(key.publicKey)
                Terminal.print("validator \(key.validator) \(Terminal.shown(validator?.name ?? ""))  SHA-256 \(digest)")
                Terminal.print("  signed with \(validator?.scheme.name ?? "") at \(Text.time(key.issued))")
            }
            let missing = keys.committee.validators.count - keys.keys.count
            Terminal.print("\(keys.keys.count) keys, all signed" + (missing > 0 ? "; \(missing) validators have none" : ""))
        }
    }
}
