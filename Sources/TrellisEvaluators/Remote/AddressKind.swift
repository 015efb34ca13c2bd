// Where an address leads: a judge's endpoint may be public, but what stands in a council file must not open the doors of the machine that
// reads it. Kinds are told from the addresses that names resolve to, so that no name and no spelling hides one.

import Glibc

/// What kind of network an address is of (RFC 6890, RFC 4193, and the clouds' metadata services).
public enum AddressKind: String, Sendable, CaseIterable {
    case open = "public"
    case loopback
    case privateNetwork = "private"
    case linkLocal = "link-local"
    /// Where clouds hand out credentials to whoever asks from inside.
    case metadata
    /// Multicast, broadcast, unspecified, reserved: nothing answers there that one would ask.
    case special
}

/// An IPv4 or IPv6 address: 4 or 16 bytes.
struct NetworkAddress: Equatable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Nil for what is written otherwise than `inet_ntop` does.
    init?(_ text: String) {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = four
            return
        }
        var sixteen = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        bytes = sixteen
    }

    var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var kind: AddressKind { bytes.count == 4 ? Self.kind(four: bytes) : Self.kind(sixteen: bytes) }

    private static func kind(four: [UInt8]) -> AddressKind {
        switch (four[0], four[1], four[2], four[3]) {
        case (169, 254, 169, 254), (169, 254, 170, 2), (169, 254, 170, 23), (100, 100, 100, 200), (192, 0, 0, 192), (168, 63, 129, 16):
            .metadata
        case (127, _, _, _): .loopback
        case (10, _, _, _), (172, 16...31, _, _), (192, 168, _, _), (100, 64...127, _, _): .privateNetwork
        case (169, 254, _, _): .linkLocal
        case (0, _, _, _), (224..., _, _, _), (192, 0, 0, _), (192, 0, 2, _), (192, 88, 99, _), (198, 18...19, _, _), (198, 51, 100, _),
            (203, 0, 113, _):
            .special
        default: .open
        }
    }

    private static func kind(sixteen: [UInt8]) -> AddressKind {
        let zeros = sixteen.prefix { $0 == 0 }.count
        if zeros == 16 { return .special }
        if zeros == 15, sixteen[15] == 1 { return .loopback }
        // Amazon's services for instances and pods, and Google's.
        if sixteen.starts(with: [0xFD, 0, 0x0E, 0xC2]) || sixteen == [0xFD, 0x20, 0, 0xCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54] {
            return .metadata
        }
        // Addresses of IPv4 in other clothes: mapped, compatible, translated (64:ff9b::/96), 6to4.
        if zeros >= 12 || (zeros == 10 && sixteen[10] == 0xFF && sixteen[11] == 0xFF) { return kind(four: Array(sixteen[12...])) }
        if sixteen.starts(with: [0, 0x64, 0xFF, 0x9B]) { return zeroed(sixteen[4..<12]) ? kind(four: Array(sixteen[12...])) : .special }
        if sixteen.starts(with: [0x20, 0x02]) { return kind(four: Array(sixteen[2..<6])) }
        switch (sixteen[0], sixteen[1]) {
        case (0xFC...0xFD, _): return .privateNetwork
        case (0xFE, 0x80...0xBF): return .linkLocal
        case (0xFE, 0xC0...): return .privateNetwork
        case (0xFF, _): return .special
        // Teredo and what else is assigned for protocols, and documentation.
        case (0x20, 0x01) where sixteen[2] < 2 || (sixteen[2] == 0x0D && sixteen[3] == 0xB8): return .special
        case (0x20...0x3F, _): return .open
        default: return .special
        }
    }

    private static func zeroed(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.allSatisfy { $0 == 0 } }

    /// All addresses of a host's name, or the one that it writes in any of the ways that the system reads. Blocks.
    static func resolve(_ host: String) -> [NetworkAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [NetworkAddress] = []
        var next = first
        while let entry = next?.pointee, found.count < 64 {
            let raw = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            switch entry.ai_family {
            case AF_INET where raw.count >= 8: found.append(NetworkAddress(Array(raw[4..<8])))
            case AF_INET6 where raw.count >= 24: found.append(NetworkAddress(Array(raw[8..<24])))
            default: break
            }
            next = entry.ai_next
        }
        return found
    }
}
