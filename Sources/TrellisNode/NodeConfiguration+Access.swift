// The `clients` of a node's configuration: a list, or the name of a file that holds one.

import Foundation
public import TrellisAccess
import TrellisCrypto
import TrellisModel
import Yams

/// Where a configuration has its clients.
public enum ClientsSetting: Sendable, Equatable {
    case none
    case file(String)
    case list([AccessClient])

    private static let keys = ["name", "may", "key", "scheme", "token_sha256"]

    /// `file` makes a name in the configuration a path.
    init(_ value: Any?, path: String, file: (String) -> String) throws(ConfigurationError) {
        switch value {
        case nil: self = .none
        case let name as String: self = .file(file(name))
        default: self = .list(try Self.clients(value, path: path))
        }
    }

    /// The clients of a file: a list as it stands in a configuration, alone or under `clients`.
    static func clients(yaml: [UInt8], path: String) throws(ConfigurationError) -> [AccessClient] {
        let loaded: Any?
        do { loaded = try Yams.load(yaml: String(decoding: yaml, as: UTF8.self)) } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        if let mapping = loaded as? [String: Any] {
            if let unknown = mapping.keys.sorted().first(where: { $0 != "clients" }) {
                throw .unknownKey(path: path, key: unknown, nearest: "clients")
            }
            return try clients(mapping["clients"], path: path)
        }
        return try clients(loaded, path: path)
    }

    private static func clients(_ value: Any?, path: String) throws(ConfigurationError) -> [AccessClient] {
        guard let entries = value as? [[String: Any]] else {
            throw .wrongType(path: path, key: "clients", expected: "a list of clients, or the name of a file with one")
        }
        var clients: [AccessClient] = []
        for entry in entries { clients.append(try client(entry, path: path)) }
        return clients
    }

    private static func client(_ entry: [String: Any], path: String) throws(ConfigurationError) -> AccessClient {
        if let unknown = entry.keys.sorted().first(where: { !keys.contains($0) }) {
            throw .unknownKey(path: path, key: "clients.\(unknown)", nearest: nearestName(to: unknown, among: keys))
        }
        func text(_ key: String) throws(ConfigurationError) -> String? {
            guard let value = entry[key] else { return nil }
            guard let text = value as? String else { throw .wrongType(path: path, key: "clients.\(key)", expected: "a text (in quotes)") }
            return text
        }
        guard let name = try text("name") else { throw .missing(path: path, key: "clients.name") }
        guard let words = entry["may"] as? [String] else {
            throw .wrongType(
                path: path, key: "clients.may", expected: "a list of \(Permission.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var permissions: Set<Permission> = []
        for word in words {
            guard let permission = Permission(rawValue: word) else {
                throw .unknownKey(
                    path: path, key: "clients.may: \(word)", nearest: nearestName(to: word, among: Permission.allCases.map(\.rawValue)))
            }
            permissions.insert(permission)
        }
        let scheme = try text("scheme")
        switch (try text("key"), try text("token_sha256")) {
        case (let key?, nil):
            guard let publicKey = Hex.decode(key), let scheme = SignatureScheme.named(scheme ?? SignatureScheme.mlDSA65.name) else {
                throw .wrongType(path: path, key: "clients.key", expected: "a public key in hexadecimal, of a known 'scheme'")
            }
            return AccessClient(name: name, credential: .key(scheme.identifier, publicKey: publicKey), permissions: permissions)
        case (nil, let hash?) where scheme == nil:
            guard hash.utf8.count == 64, let digest = Digest(hex: hash) else {
                throw .wrongType(path: path, key: "clients.token_sha256", expected: "a SHA-256 in hexadecimal")
            }
            return AccessClient(name: name, credential: .token(hash: digest), permissions: permissions)
        default: throw .wrongType(path: path, key: "clients", expected: "clients with either a 'key' or a 'token_sha256'")
        }
    }
}

extension NodeConfiguration {
    /// The access list of the API.
    public func access() throws(ConfigurationError) -> AccessList {
        var source = path
        var list: [AccessClient] = []
        switch clients {
        case .none: break
        case .list(let clients): list = clients
        case .file(let file):
            source = file
            list = try ClientsSetting.clients(yaml: try read(file, limit: Self.accessBytesMaximum), path: file)
        }
        do {
            return try AccessList(clients: list, isOpen: open, authorities: authorities)
        } catch {
            throw .access(path: source, error)
        }
    }

    /// A key in hexadecimal takes five kilobytes.
    private static let accessBytesMaximum = 16 << 20
}
