// `trellis client`: makes the keys and tokens of a validator's clients. The secret goes to a file of its owner's, the entry for the validator's
// list to standard output.

import ArgumentParser
import Foundation
import TrellisAccess
import TrellisCrypto
import TrellisModel
import TrellisNode

struct ClientCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client", abstract: "Make keys and tokens for clients of the API.",
        discussion: "What is printed belongs into the 'clients' of a validator's configuration.",
        subcommands: [ClientKeygen.self, ClientToken.self, ClientSpeed.self])
}

struct ClientEntry: ParsableArguments {
    @Argument(help: "The file to write; it must not exist.")
    var file: String

    @Option(help: "What the validator calls the client: A-Z a-z 0-9 . _ @ -")
    var name: String

    @Option(help: ArgumentHelp("What it may do: propose, records, read, operate; may be repeated.", valueName: "permission"))
    var may: [String] = [Permission.propose.rawValue, Permission.read.rawValue]

    func validate() throws {
        for word in may where Permission(rawValue: word) == nil {
            throw ValidationError("--may is one of \(Permission.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    /// Refuses what a validator would.
    func check(_ credential: AccessClient.Credential) throws {
        let permissions = Set(may.compactMap(Permission.init(rawValue:)))
        do { _ = try AccessList(clients: [AccessClient(name: name, credential: credential, permissions: permissions)]) } catch {
            throw Failure(error.description, code: Exit.usage)
        }
    }

    /// The entry in YAML.
    func show(_ credential: [String]) {
        for line in ["- name: \"\(name)\"", "  may: [\(may.joined(separator: ", "))]"] + credential.map({ "  " + $0 }) {
            Terminal.print(line)
        }
    }
}

struct ClientKeygen: ParsableCommand {
    /// Of the key in its file.
    static let role = "client"

    static let configuration = CommandConfiguration(
        commandName: "keygen", abstract: "Make a key that signs requests and proposals.",
        discussion: """
            The file is encrypted under a passphrase, from --passphrase-file, TRELLIS_PASSPHRASE or the terminal. Exit codes: 0 written, \
            1 failure, 2 usage.
            """)

    @OptionGroup var entry: ClientEntry

    @Option(help: "ML-DSA-44, ML-DSA-65 or ML-DSA-87.")
    var scheme = SignatureScheme.mlDSA65.name

    @Option(help: ArgumentHelp("The network's genesis file: the key signs proposals for its chain alone.", valueName: "file"))
    var genesis: String?

    @Option(help: ArgumentHelp("A file with the passphrase.", valueName: "file"))
    var passphraseFile: String?

    func run() throws {
        let key = try Keys.scheme(scheme).generate()
        try entry.check(.key(key.scheme, publicKey: key.publicKey))
        let chain = try genesis.map { path throws(Failure) in try Files.genesis(path).chain }
        guard !Files.isFile(entry.file) else { throw KeyFileError.exists(path: entry.file) }
        let passphrase = try Passphrase.current(file: passphraseFile).read(isNew: true)
        let file = KeyFile(name: entry.name, chainID: chain, entries: [.init(role: Self.role, key: key)])
        try SecretFiles.write(try file.sealed(passphrase: passphrase), to: entry.file)
        entry.show(["scheme: \(scheme)", "key: \"\(Hex.encode(key.publicKey))\""])
    }
}

struct ClientToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make a bearer token.",
        discussion: "The validator keeps its SHA-256 alone. Exit codes: 0 written, 1 failure, 2 usage.")

    @OptionGroup var entry: ClientEntry

    func run() throws {
        let token = AccessToken.text(of: SecretBytes(random: AccessToken.size).withBytes { Array($0) })
        let hash = AccessToken.hash(of: token)
        try entry.check(.token(hash: hash))
        try SecretFiles.write(Array((token + "\n").utf8), to: entry.file)
        entry.show(["token_sha256: \"\(hash)\""])
    }
}
