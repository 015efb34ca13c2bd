// Where a question goes: an address as a council file or a redirect gives it, taken apart once, so that what is looked up, what is compared
// and what is connected to are the same.

import FoundationEssentials

struct RemoteLocation: Sendable, Equatable {
    /// Absolute.
    let url: String
    /// A name, or an address without brackets.
    let host: String
    let isEncrypted: Bool
    private let port: Int

    /// Nil for anything but `http` or `https` with a host of letters, digits, dots, hyphens and underscores, or an address, and without user and
    /// fragment.
    ///
    /// - Parameter text: an absolute URL, or one that continues `origin`.
    init?(_ text: String, from origin: RemoteLocation? = nil) {
        let base = origin.flatMap { URL(string: $0.url) }
        guard let url = URL(string: text, relativeTo: base)?.absoluteURL, let scheme = url.scheme, let host = url.host(),
            scheme == "http" || scheme == "https", url.user() == nil, url.password() == nil, url.fragment() == nil
        else { return nil }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isAddress = self.host.contains(":") && NetworkAddress(self.host) != nil
        guard !self.host.isEmpty, isAddress || self.host.utf8.allSatisfy(Self.isPlain) else { return nil }
        isEncrypted = scheme == "https"
        port = url.port ?? (isEncrypted ? 443 : 80)
        self.url = url.absoluteString
    }

    /// Whether both are of one server: scheme, host and port.
    func isOfServer(of other: RemoteLocation) -> Bool {
        isEncrypted == other.isEncrypted && port == other.port && host.lowercased() == other.host.lowercased()
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
