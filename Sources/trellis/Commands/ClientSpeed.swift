// `trellis client speed`: what it costs to sign and to seal requests and proposals, and what it costs validators to check and to open them.

import ArgumentParser
import TrellisAccess
import TrellisCrypto
import TrellisModel

struct ClientSpeed: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Measure how long it takes to sign, check, seal and open requests and proposals.",
        discussion: """
            A proposal of 200 bytes, as JSON. Signing a request is its digest, its signature base (RFC 9421) and one signature; checking it is \
            what a listener does before it reads the body. Sealing is for four validators, opening by one. What sealing and signing add is the \
            whole way of a request, sealed and signed, checked, opened and answered by all four, its answers opened, less the same request's \
            just before, in the clear, signed and checked with Ed25519. One core, milliseconds. Exit codes: 0 measured, 1 failure, 2 usage.
            """)

    @Option(help: "ML-DSA-44, ML-DSA-65 or ML-DSA-87.")
    var scheme = SignatureScheme.mlDSA65.name

    @Option(help: "How often each.")
    var times = 2000

    @Flag(help: "Print the figures as JSON.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(times) else { throw ValidationError("--times must be 1 to 100000") }
    }

    func run() throws {
        let sample = try SampleRequest(scheme: try Keys.scheme(scheme))
        let trip = try SealedRoundTrip(scheme: try Keys.scheme(scheme))
        let sealed = try trip.sealed().proposal
        let table = SpeedTable(rows: [
            ("sign a request", try SpeedSample(times: times) { _ = try sample.signed() }),
            ("sign a proposal", try SpeedSample(times: times) { _ = try sample.proposed() }),
            ("sign both", try SpeedSample(times: times) { _ = (try sample.proposed(), try sample.signed()) }),
            ("check a request", try SpeedSample(times: times) { try sample.admit() }),
            ("check a proposal", try SpeedSample(times: times) { try sample.check() }),
            ("seal a request", try SpeedSample(times: times) { _ = try trip.sealed() }),
            ("open a request", try SpeedSample(times: times) { try trip.open(sealed) }),
            ("whole way, sealed and signed", try SpeedSample(times: times) { try trip.postQuantum() }),
            ("added to Ed25519 in the clear", try SpeedSample(times: times, of: trip.postQuantum, over: trip.classicalInTheClear)),
        ])
        table.print(json: json, heading: "\(scheme), \(times) times each")
    }
}

/// One client, one listener, one proposal.
private struct SampleRequest {
    private static let now: UInt64 = 1_795_000_000

    private let key: any SigningKey
    private let signer: RequestSigner
    private let access: ListenerAccess
    private let body: [UInt8]
    private let proposal: Proposal
    private let chain = HashSuite.sha256.hash([1])
    private let fields = ["content-type": "application/json", "idempotency-key": "7f3a"]
    private var admitted = RequestMessage(method: "", authority: "", target: "", fields: [:])
    private var accepted: Proposal

    init(scheme: SignatureScheme) throws {
        let text = String(repeating: "make release; ", count: 14)
        key = try scheme.generate()
        signer = RequestSigner(key: key)
        body = Array("{\"command\":\"\(text)\"}".utf8)
        proposal = Proposal(nonce: Nonce(idempotencyKey: "7f3a"), kind: "command", text: text)
        accepted = proposal
        let client = AccessClient(name: "ci", credential: .key(key.scheme, publicKey: key.publicKey), permissions: [.propose])
        access = try AccessList(clients: [client]).listening(on: "127.0.0.1")
        admitted = message(try signed())
        accepted = try proposed()
    }

    private func message(_ more: [(name: String, value: String)]) -> RequestMessage {
        let all = fields.merging(more.map { ($0.name.lowercased(), $0.value) }) { $1 }
        return RequestMessage(method: "POST", authority: "127.0.0.1:8080", target: "/v1/proposals?wait=certified", fields: all)
    }

    func signed() throws -> [(name: String, value: String)] { try signer.fields(for: message([]), body: body, created: Self.now) }

    func proposed() throws -> Proposal { try proposal.signed(by: key, chain: chain) }

    func admit() throws {
        _ = try access.admit(admitted, for: .propose, hasBody: true, port: 8080, now: Self.now)
    }

    func check() throws {
        guard accepted.hasValidProposer(chain: chain) else { throw Failure("a signature does not hold") }
    }
}
