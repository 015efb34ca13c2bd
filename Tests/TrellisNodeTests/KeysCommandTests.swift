// `trellis keys` as people use it: real files, the real binary, and a terminal that does not show what is typed.

import Foundation
import Glibc
import Testing
import TrellisCrypto
import TrellisNode

@Suite struct KeysCommandTests {
    private static let cheap = ["--cost", "10"]
    private static let passphrase = ["TRELLIS_PASSPHRASE": "correct horse"]

    /// Runs `trellis keys …` and returns what it printed; throws unless it ends with `code`.
    @discardableResult
    private func keys(
        _ arguments: [String], in folder: String, _ environment: [String: String] = passphrase,
        code: Int32 = 0
    ) async throws
        -> (output: String, error: String)
    {
        let result = try await TrellisProcess.run(
            ["keys"] + arguments, in: folder, environment: environment)
        #expect(result.code == code, "\(arguments): \(result.error)")
        return (result.output, result.error)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func newKeysAreShownAndChecked() async throws {
        try await withFolder { folder in
            let chain = HashSuite.sha256.hash([1]).description
            try await keys(
                ["new", "a.json", "--name", "anna", "--chain", chain] + Self.cheap, in: folder)
            let path = "\(folder)/a.json"
            #expect(try mode(path) == 0o600)
            let file = try KeyFile(opening: try SecretFiles.read(path), passphrase: "correct horse")
            #expect(file.name == "anna" && file.chainID?.description == chain)
            #expect(file.entries.map(\.role) == KeyFiles.validatorRoles)
            #expect(file.entries.allSatisfy { $0.key.scheme == .mlDSA65 })

            let shown = try await keys(["show", "a.json"], in: folder, [:]).output
            let fingerprint = HashSuite.sha256.hash(file.entries[0].key.publicKey).description
            #expect(
                shown.contains("anna") && shown.contains(chain) && shown.contains(fingerprint)
                    && shown.contains("N = 1024"))
            let json = try await keys(["show", "a.json", "--json"], in: folder, [:]).output
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            #expect(object["chain_id"] as? String == chain)
            let first = try #require((object["keys"] as? [[String: Any]])?.first)
            #expect(first["public_key"] as? String == Hex.encode(file.entries[0].key.publicKey))
            #expect(first["fingerprint"] as? String == fingerprint)

            let checked = try await keys(["check", "a.json"], in: folder).output
            #expect(checked.contains("signs   seat  ML-DSA-65") && checked.contains("all is well"))
            let again = try await keys(["new", "a.json"], in: folder, code: 1).error
            #expect(again.contains("exists already") && again.contains("hint:"))
        }
    }

    @Test func rolesAndSchemesAreChosen() async throws {
        try await withFolder { folder in
            try await keys(
                ["new", "a.json", "--key", "seat:Ed25519", "--key", "archive:ECDSA-P384"] + Self.cheap,
                in: folder)
            let file = try KeyFile(
                opening: try SecretFiles.read("\(folder)/a.json"), passphrase: "correct horse")
            #expect(file.entries.map(\.role) == ["seat", "archive"])
            #expect(file.entries.map(\.key.scheme) == [.ed25519, .ecdsaP384])
            let hex = try await keys(["public", "a.json", "--role", "seat"], in: folder, [:]).output
            #expect(hex == "seat Ed25519 \(Hex.encode(file.entries[0].key.publicKey))\n")
            let pem = try await keys(["public", "a.json", "--format", "pem"], in: folder, [:]).output
            for entry in file.entries {
                let expected = try #require(
                    SignatureScheme.identified(entry.key.scheme)?.publicKeyPEM(entry.key.publicKey))
                #expect(pem.contains(expected))
            }
            try await keys(["public", "a.json", "--role", "none"], in: folder, [:], code: 1)
            let unknown = try await keys(["new", "b.json", "--key", "seat:RSA"], in: folder, code: 2)
                .error
            #expect(unknown.contains("ML-DSA-65"))
            try await keys(["new", "b.json", "--key", "seat", "--key", "seat"], in: folder, code: 2)
            try await keys(["new", "b.json", "--cost", "9"], in: folder, code: 2)
            try await keys(["new", "b.json", "--chain", "12"], in: folder, code: 2)
        }
    }

    @Test func filesThatOthersCanReadAreRefused() async throws {
        try await withFolder { folder in
            try await keys(["new", "a.json", "--key", "seat:Ed25519"] + Self.cheap, in: folder)
            for bits in [0o640, 0o604, 0o660, 0o620] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: bits], ofItemAtPath: "\(folder)/a.json")
                for command in ["show", "public", "check"] {
                    let error = try await keys([command, "a.json"], in: folder, code: 1).error
                    #expect(error.contains("can be read by others") && error.contains("hint: chmod 600"))
                }
            }
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: "\(folder)/a.json")
            try await keys(["check", "a.json"], in: folder)
            // A passphrase that others can read is none.
            try Files.write(Array("correct horse\n".utf8), to: "\(folder)/phrase")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: "\(folder)/phrase")
            try await keys(["check", "a.json", "--passphrase-file", "phrase"], in: folder, [:], code: 1)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o400], ofItemAtPath: "\(folder)/phrase")
            try await keys(["check", "a.json", "--passphrase-file", "phrase"], in: folder, [:])
        }
    }

    @Test func troubleIsTold() async throws {
        try await withFolder { folder in
            try await keys(["new", "a.json", "--key", "seat:Ed25519"] + Self.cheap, in: folder)
            let wrong = try await keys(
                ["check", "a.json"], in: folder, ["TRELLIS_PASSPHRASE": "wrong"], code: 1
            ).error
            #expect(wrong.contains("wrong passphrase"))
            let none = try await keys(["check", "a.json"], in: folder, [:], code: 2).error
            #expect(none.contains("no passphrase") && none.contains("hint:"))
            try await keys(["new", "b.json"], in: folder, ["TRELLIS_PASSPHRASE": ""], code: 2)
            try await keys(["check", "missing.json"], in: folder, code: 1)
            try await keys(["check", "."], in: folder, code: 1)
            try Files.edit("\(folder)/a.json", "\"seat\"", "\"sea1\"")
            let altered = try await keys(["check", "a.json"], in: folder, code: 1).error
            #expect(altered.contains("was changed after it was written"))
        }
    }

    @Test func aNewPassphraseTakesThePlaceOfTheOld() async throws {
        try await withFolder { folder in
            let both = Self.passphrase.merging(["TRELLIS_NEW_PASSPHRASE": "battery staple"]) { $1 }
            try await keys(["new", "a.json", "--key", "seat:Ed25519"] + Self.cheap, in: folder)
            let before = try KeyFile.summary(of: try SecretFiles.read("\(folder)/a.json"))
            // Somebody else's file is not touched, whatever its name.
            try Files.write([1, 2, 3], to: "\(folder)/a.json.new")
            try await keys(["rotate", "a.json", "--passphrase", "--cost", "11"], in: folder, both)
            let after = try KeyFile.summary(of: try SecretFiles.read("\(folder)/a.json"))
            #expect(after.keys == before.keys && after.cost.rounds == 2048)
            #expect(try mode("\(folder)/a.json") == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".new") }
                    == ["a.json.new"])
            try await keys(["check", "a.json"], in: folder, ["TRELLIS_PASSPHRASE": "battery staple"])
            try await keys(["check", "a.json"], in: folder, code: 1)
            // With the wrong passphrase nothing changes.
            let bytes = try Files.read("\(folder)/a.json")
            try await keys(["rotate", "a.json", "--passphrase"], in: folder, both, code: 1)
            #expect(try Files.read("\(folder)/a.json") == bytes)
            try await keys(["rotate", "a.json"], in: folder, both, code: 2)
            try await keys(
                ["rotate", "a.json", "--passphrase", "--key", "--out", "b.json"], in: folder, both, code: 2)
        }
    }

    @Test func linksAndOwnersStayWhatTheyAre() async throws {
        try await withFolder { folder in
            let both = Self.passphrase.merging(["TRELLIS_NEW_PASSPHRASE": "battery staple"]) { $1 }
            try FileManager.default.createDirectory(
                atPath: "\(folder)/real", withIntermediateDirectories: false)
            try await keys(["new", "real/a.json", "--key", "seat:Ed25519"] + Self.cheap, in: folder)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/a.json", withDestinationPath: "real/a.json")
            // Only root can give a file away, and read it then.
            if geteuid() == 0 { #expect(chown("\(folder)/real/a.json", 12_345, 12_346) == 0) }
            try await keys(["rotate", "a.json", "--passphrase"] + Self.cheap, in: folder, both)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/a.json")
                    == "real/a.json")
            let file = try FileManager.default.attributesOfItem(atPath: "\(folder)/real/a.json")
            #expect(file[.posixPermissions] as? Int == 0o600)
            if geteuid() == 0 {
                #expect(file[.ownerAccountID] as? Int == 12_345)
                #expect(file[.groupOwnerAccountID] as? Int == 12_346)
            }
            try await keys(
                ["check", "real/a.json"], in: folder, ["TRELLIS_PASSPHRASE": "battery staple"])
        }
    }

    @Test func successorsAreSignedByBoth() async throws {
        try await withFolder { folder in
            try await keys(
                ["new", "a.json", "--key", "seat:Ed25519", "--key", "identity:Ed25519"] + Self.cheap,
                in: folder)
            let before = try Files.read("\(folder)/a.json")
            try await keys(
                ["rotate", "a.json", "--key", "--out", "b.json", "--scheme", "ECDSA-P384"] + Self.cheap,
                in: folder)
            #expect(try Files.read("\(folder)/a.json") == before)
            let statement = "\(folder)/b.json.succession.json"
            for (file, side) in [("a.json", "the old ones"), ("b.json", "the new ones")] {
                let told = try await keys(["check", file, "--succession", statement], in: folder).output
                #expect(told.contains(side) && told.contains("signed by both"))
            }
            let old = try KeyFile(opening: before, passphrase: "correct horse")
            let new = try KeyFile(
                opening: try SecretFiles.read("\(folder)/b.json"), passphrase: "correct horse")
            let succession = try KeySuccession(encoded: try Files.read(statement))
            #expect(succession.isValid)
            #expect(succession.steps.map(\.old.publicKey) == old.entries.map(\.key.publicKey))
            #expect(succession.steps.map(\.new.publicKey) == new.entries.map(\.key.publicKey))
            try await keys(["rotate", "a.json", "--key", "--out", "b.json"], in: folder, code: 1)
            // Of other keys, and changed.
            try await keys(
                ["new", "c.json", "--key", "seat:Ed25519", "--key", "identity:Ed25519"] + Self.cheap,
                in: folder)
            let other = try await keys(
                ["check", "c.json", "--succession", statement], in: folder, code: 1
            ).error
            #expect(other.contains("of other keys"))
            try Files.edit(statement, "\"identity\"", "\"identitx\"")
            let changed = try await keys(
                ["check", "b.json", "--succession", statement], in: folder, code: 1
            ).error
            #expect(changed.contains("not valid"))
        }
    }

    @Test func aTerminalIsAskedWithoutEcho() async throws {
        try await withFolder { folder in
            let terminal = try PseudoTerminal()
            let process = try TrellisProcess(
                ["keys", "new", "a.json", "--key", "seat:Ed25519"] + Self.cheap, in: folder,
                input: terminal.slave)
            try await eventually("the question") { process.error.contains("Passphrase: ") }
            terminal.type("secret wordx\u{7f}\n")
            try await eventually("the second question") { process.error.contains("Again: ") }
            terminal.type("secret word\n")
            #expect(try await process.end() == 0, "\(process.error)")
            #expect(!terminal.shown.contains("secret"))
            #expect(
                try KeyFile.open(try SecretFiles.read("\(folder)/a.json"), passphrase: "secret word").count
                    == 1)

            let other = try TrellisProcess(
                ["keys", "new", "b.json"] + Self.cheap, in: folder, input: terminal.slave)
            try await eventually("the question") { other.error.contains("Passphrase: ") }
            terminal.type("one\n")
            try await eventually("the second question") { other.error.contains("Again: ") }
            terminal.type("two\n")
            #expect(try await other.end() == 2)
            #expect(other.error.contains("differ"))

            let third = try TrellisProcess(
                ["keys", "check", "a.json"], in: folder, input: terminal.slave)
            try await eventually("the question") { third.error.contains("Passphrase: ") }
            terminal.type("secret\u{3}")
            #expect(try await third.end() == 1)
            #expect(terminal.echoes)
        }
    }
}

/// Both ends of a terminal without a screen.
private final class PseudoTerminal {
    private let master: Int32
    let slave: FileHandle

    init() throws {
        // grantpt and its like are not to be had from here; these are what they ask of the kernel (TIOCSPTLCK, TIOCGPTN).
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (unlocked, number): (Int32, UInt32) = (0, 0)
        try #require(
            master >= 0 && ioctl(master, 0x4004_5431, &unlocked) == 0
                && ioctl(master, 0x8004_5430, &number) == 0)
        let name = "/dev/pts/\(number)"
        let descriptor = open(name, O_RDWR | O_NOCTTY)
        try #require(descriptor >= 0)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        slave = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    deinit { close(master) }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    /// What the terminal showed since it was last asked.
    var shown: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(master, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    var echoes: Bool {
        var settings = termios()
        return tcgetattr(slave.fileDescriptor, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
