// Everything a peer network is told: who we are, who the others are, and every bound.

public import TrellisCrypto
public import TrellisModel

/// A host (name, IPv4 or IPv6 address) and a TCP port.
public struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads "host:port" or "[IPv6]:port"; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

public struct PeerNetworkConfiguration: Sendable {
    public struct Peer: Sendable {
        public let address: PeerAddress
        /// Verifies the peer's proof of identity.
        public let key: any VerifyingKey

        public init(address: PeerAddress, key: any VerifyingKey) {
            self.address = address
            self.key = key
        }
    }

    public var chain: Digest
    public var epoch: Epoch
    public var own: ValidatorIndex
    public var identity: any SigningKey
    /// The other validators. The one with the smaller index dials.
    public var peers: [ValidatorIndex: Peer]
    public var listen: PeerAddress
    /// The largest message, in bytes.
    public var messageBytesMaximum: Int
    /// The most bytes of messages waiting for one peer.
    public var outboundBytesMaximum: Int
    /// The bytes of messages of one peer that `onEvent` has not returned from, beyond which that peer is not read.
    public var undeliveredBytesMaximum: Int
    /// The longest signature of an identity in the committee, in bytes: the same at all validators.
    public var signatureBytesMaximum: Int
    public var rekey = RekeyParameters()
    public var admission: AdmissionLimits
    /// How long a handshake may take.
    public var handshakeDeadline: Duration = .seconds(10)
    /// The pause between attempts to reach a peer grows from the first to the second, with jitter.
    public var redialDelay: ClosedRange<Duration> = .milliseconds(50)...Duration.seconds(2)
    /// After so long a silence a peer is pinged; after three times as long it is given up.
    public var keepalive: Duration = .seconds(5)
    /// How long a cookie's secret is used; its cookies are good for up to twice as long.
    public var cookieLifetime: Duration = .seconds(60)

    public init(
        chain: Digest, epoch: Epoch, own: ValidatorIndex, identity: any SigningKey, peers: [ValidatorIndex: Peer], listen: PeerAddress,
        messageBytesMaximum: Int
    ) {
        self.chain = chain
        self.epoch = epoch
        self.own = own
        self.identity = identity
        self.peers = peers
        self.listen = listen
        self.messageBytesMaximum = messageBytesMaximum
        outboundBytesMaximum = messageBytesMaximum.multipliedReportingOverflow(by: 4).partialValue
        undeliveredBytesMaximum = messageBytesMaximum
        // All peers may come from one address, and all at once.
        admission = AdmissionLimits(halfOpenPerAddress: max(32, peers.count), burstPerAddress: max(128, 4 * peers.count))
        signatureBytesMaximum = Self.longestSignature([identity.scheme] + peers.values.map(\.key.scheme))
    }

    private static func longestSignature(_ schemes: [SignatureSchemeIdentifier]) -> Int {
        schemes.compactMap { SignatureScheme.identified($0)?.signatureSize }.max() ?? 0
    }

    /// The configuration of one validator of a committee; validators without an address are not peers.
    public init(
        committee: Committee, own: ValidatorIndex, identity: any SigningKey, addresses: [ValidatorIndex: PeerAddress], listen: PeerAddress
    ) {
        var peers: [ValidatorIndex: Peer] = [:]
        for (index, address) in addresses where index != own {
            guard let validator = committee.validator(index) else { continue }
            peers[index] = Peer(address: address, key: validator.identityKey)
        }
        self.init(
            chain: committee.chain, epoch: committee.epoch, own: own, identity: identity, peers: peers, listen: listen,
            messageBytesMaximum: committee.limits.messageBytes)
        signatureBytesMaximum = Self.longestSignature(committee.validators.map(\.identityKey.scheme))
    }

    var handshakeContext: HandshakeContext {
        HandshakeContext(
            chain: chain, epoch: epoch, own: own, identity: identity, peers: peers.mapValues(\.key),
            signatureBytesMaximum: signatureBytesMaximum)
    }

    func validate() throws(TransportError) {
        guard peers[own] == nil else { throw .invalidConfiguration("validator \(own) is its own peer") }
        guard (1...1 << 30).contains(messageBytesMaximum) else { throw .invalidConfiguration("message limit \(messageBytesMaximum)") }
        guard (0..<FrameLayout.plaintextBytesMaximum - 1024).contains(signatureBytesMaximum) else {
            throw .invalidConfiguration("a signature of \(signatureBytesMaximum) bytes does not fit a frame")
        }
        guard outboundBytesMaximum >= messageBytesMaximum else {
            throw .invalidConfiguration("an outbound queue of \(outboundBytesMaximum) bytes cannot hold one message")
        }
        guard rekey.frames >= 8, rekey.framesMaximum > rekey.frames, rekey.interval > .zero else {
            throw .invalidConfiguration("keys renewed after \(rekey.frames) frames of \(rekey.framesMaximum) at most")
        }
        let durations = [handshakeDeadline, redialDelay.lowerBound, keepalive, cookieLifetime]
        guard durations.allSatisfy({ $0 > .zero && $0 <= .seconds(86_400) }) else {
            throw .invalidConfiguration("a duration is not within a day")
        }
    }
}
