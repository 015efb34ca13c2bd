// `trellis keys`: makes key files and tells what is in them. Changing and checking them is in KeysRotate.swift and KeysCheck.swift.

import ArgumentParser
import Foundation
import TrellisCrypto
import TrellisNode

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show, change and check key files.",
        discussion: """
            A key file holds private keys, encrypted under a passphrase (scrypt, AES-256-GCM); their public keys stand in it in the clear. \
            The passphrase is read from --passphrase-file, else from TRELLIS_PASSPHRASE, else asked for without echo. Files that others \
            than their owner can read are refused.
            """,
        subcommands: [KeysNew.self, KeysShow.self, KeysPublic.self, KeysRotate.self, KeysCheck.self, KeysSealing.self, KeysNetwork.self])

    /// The public part of a key file, not authenticated.
    static func summary(_ path: String) throws -> KeyFile.Summary {
        let bytes = try SecretFiles.read(path)
        do {
            return try KeyFile.summary(of: bytes)
        } catch {
            throw KeyFileError.refused(path: path, reason: "\(error)")
        }
    }

    static func open(_ path: String, _ passphrase: SecretBytes) throws -> KeyFile {
        let bytes = try SecretFiles.read(path)
        do {
            return try KeyFile(opening: bytes, passphrase: passphrase)
        } catch {
            throw KeyFileError.refused(path: path, reason: "\(error)")
        }
    }

    static func scheme(_ name: String) throws -> SignatureScheme {
        guard let scheme = SignatureScheme.named(name) else {
            throw Failure(
                "unknown signature scheme '\(Terminal.shown(name))'",
                hint: "there is \(SignatureScheme.all.map(\.name).joined(separator: ", "))", code: Exit.usage)
        }
        return scheme
    }

    static func cost(_ logarithm: Int) throws -> KeyDerivation.ScryptCost {
        guard (0..<63).contains(logarithm) else { throw ValidationError("--cost must be 10 to 18") }
        do {
            return try KeyDerivation.ScryptCost(rounds: 1 << logarithm, blockSize: 8, parallelism: 1)
        } catch {
            throw ValidationError("--cost: \(error)")
        }
    }
}

/// How dear a try of a passphrase is made.
struct KeyCost: ParsableArguments {
    @Option(
        help: """
            What a try of the passphrase costs: 2^n KiB of memory, for n from 10 to 18. New files take 15, about 0.1 s; a file that is \
            rotated keeps its own.
            """)
    var cost: Int?

    func validate() throws { _ = try cost.map(Keys.cost) }

    func scrypt(orElse standard: KeyDerivation.ScryptCost = .standard) throws -> KeyDerivation.ScryptCost {
        try cost.map(Keys.cost) ?? standard
    }
}

struct KeysNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make new keys in a new file.",
        discussion: """
            Without --key it makes what a validator has: consensus, identity and seat. The file is written for its owner alone (0600) and \
            synced; a file that exists is never written over. Exit codes: 0 written, 1 failure, 2 usage.
            """)

    @Argument(help: "The file to write.")
    var file: String

    @Option(help: "Whose keys they are.")
    var name = "validator"

    @Option(help: "The chain that they are for, in hexadecimal; a validator refuses keys of another chain.")
    var chain: String?

    @Option(help: "The signature scheme of keys that --key gives none.")
    var scheme = SignatureScheme.all.first?.name ?? ""

    @Option(help: ArgumentHelp("A key to make; may be repeated.", valueName: "role[:scheme]"))
    var key: [String] = []

    @Option(help: ArgumentHelp("A file with the passphrase.", valueName: "file"))
    var passphraseFile: String?

    @OptionGroup var cost: KeyCost

    func run() throws {
        let wanted = try key.isEmpty ? KeyFiles.validatorRoles.map { ($0, try Keys.scheme(scheme)) } : key.map(parse)
        guard Set(wanted.map(\.0)).count == wanted.count else { throw Failure("a role is named twice", code: Exit.usage) }
        guard wanted.count <= KeyFile.maximumKeys else {
            throw Failure("a file holds \(KeyFile.maximumKeys) keys at most", code: Exit.usage)
        }
        var chainID: Digest?
        if let chain {
            guard let digest = Digest(hex: chain) else { throw Failure("--chain is not a digest in hexadecimal", code: Exit.usage) }
            chainID = digest
        }
        guard !Files.isFile(file) else { throw KeyFileError.exists(path: file) }
        let passphrase = try Passphrase.current(file: passphraseFile).read(isNew: true)
        let keys = KeyFile(
            name: name, chainID: chainID, entries: try wanted.map { KeyFile.Entry(role: $0, key: try $1.generate()) })
        try SecretFiles.write(try keys.sealed(passphrase: passphrase, cost: try cost.scrypt()), to: file)
        Terminal.print("wrote \(Terminal.shown(file)): \(wanted.map { "\($0) \($1.name)" }.joined(separator: ", "))")
    }

    /// "seat" or "seat:ML-DSA-87".
    private func parse(_ text: String) throws -> (String, SignatureScheme) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let role = parts.first, !role.isEmpty else { throw Failure("--key needs a role", code: Exit.usage) }
        return (role, try Keys.scheme(parts.count > 1 ? parts[1] : scheme))
    }
}

struct KeysShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell what a key file holds, without its passphrase.",
        discussion: "What it tells is not authenticated: 'trellis keys check' does that. Exit codes: 0 shown, 1 failure, 2 usage.")

    @Argument(help: "The key file.")
    var file: String

    @Flag(help: "As JSON.")
    var json = false

    func run() throws {
        let summary = try Keys.summary(file)
        if json { return Terminal.print(try KeysJSON(summary).text) }
        Terminal.print("name    \(Terminal.shown(summary.name))")
        Terminal.print("chain   \(summary.chainID?.description ?? "any")")
        Terminal.print("scrypt  N = \(summary.cost.rounds), r = \(summary.cost.blockSize), p = \(summary.cost.parallelism)")
        for key in KeysJSON(summary).keys {
            Terminal.print("key     \(Terminal.shown(key.role))  \(key.scheme)  SHA-256 \(key.fingerprint)")
        }
        for key in summary.sealingKeys { Terminal.print("sealing \(CompositeKEM.name)  SHA-256 \(HashSuite.sha256.hash(key))") }
    }
}

struct KeysPublic: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case hex
        case pem
    }

    static let configuration = CommandConfiguration(
        commandName: "public", abstract: "Print the public keys of a key file.",
        discussion: """
            A line each: role, scheme, key in hexadecimal; as PEM the SubjectPublicKeyInfo of RFC 9881 (ML-DSA), RFC 8410 and RFC 5480. \
            Not authenticated, as with 'show'. Exit codes: 0 printed, 1 failure, 2 usage.
            """)

    @Argument(help: "The key file.")
    var file: String

    @Option(help: "Only the keys of this role.")
    var role: String?

    @Option(help: "hex or pem.")
    var format = Format.hex

    func run() throws {
        let keys = try Keys.summary(file).keys.filter { role == nil || $0.role == role }
        guard !keys.isEmpty else { throw Failure("\(file) has no such key", hint: "'trellis keys show' tells what it holds") }
        for key in keys {
            let scheme = SignatureScheme.identified(key.scheme)
            switch format {
            case .hex: Terminal.print("\(Terminal.shown(key.role)) \(scheme?.name ?? "") \(Hex.encode(key.publicKey))")
            case .pem:
                guard let pem = scheme?.publicKeyPEM(key.publicKey) else {
                    throw Failure("there is no SubjectPublicKeyInfo of \(scheme?.name ?? "this scheme")", hint: "use --format hex")
                }
                Terminal.print(Array(pem.utf8.dropLast()))
            }
        }
    }
}

/// What `show` tells, as JSON.
struct KeysJSON: Encodable {
    struct Key: Encodable {
        let role: String
        let scheme: String
        let publicKey: String
        /// SHA-256 of the public key.
        let fingerprint: String
    }

    struct Scrypt: Encodable {
        let n: Int
        let r: Int
        let p: Int
    }

    let format: String
    let name: String
    let chainID: String?
    let scrypt: Scrypt
    let keys: [Key]

    init(_ summary: KeyFile.Summary) {
        format = KeyFile.format
        name = summary.name
        chainID = summary.chainID?.description
        scrypt = Scrypt(n: summary.cost.rounds, r: summary.cost.blockSize, p: summary.cost.parallelism)
        keys = summary.keys.map { key in
            Key(
                role: key.role, scheme: SignatureScheme.identified(key.scheme)?.name ?? "", publicKey: Hex.encode(key.publicKey),
                fingerprint: HashSuite.sha256.hash(key.publicKey).description)
        }
    }

    var text: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return [UInt8](try encoder.encode(self))
        }
    }
}
