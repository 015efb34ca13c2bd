// What says who asks, and what an auditor or a sealing client is handed: signatures of HTTP requests, tokens, sealing keys, audit logs, quotes.
// The first byte of an input chooses the reader, the rest is what it reads. Nothing may trap, what is read is written again as it was, and
// nothing invented is admitted or proven.

import Foundation
import TrellisAccess
import TrellisAudit
import TrellisCrypto
import TrellisModel

private let committee = FuzzCommittee.strict
/// A key that is the same in every run, so that inputs can name it.
private let key = try? ProposerSignature.schemes[0].signingKey(seed: SecretBytes([UInt8](repeating: 1, count: 32)))
private let listener: ListenerAccess = {
    guard let key, let scheme = SignatureScheme.identified(key.scheme),
        let list = try? AccessList(
            clients: [
                AccessClient(name: "signer", credential: .key(scheme.identifier, publicKey: key.publicKey), permissions: [.propose]),
                AccessClient(name: "bearer", credential: .token(hash: FuzzCommittee.suite.hash([7])), permissions: [.read]),
            ], isOpen: false, authorities: ["validator:9000"]),
        let access = try? list.listening(on: "127.0.0.1")
    else { fatalError("no access list") }
    return access
}()

@_cdecl("LLVMFuzzerInitialize")
public func begin(_ count: UnsafePointer<Int32>?, _ arguments: UnsafePointer<UnsafePointer<UnsafePointer<CChar>?>?>?) -> Int32 {
    writeCorpus(seeds)
}

private var seeds: [(String, [UInt8])] {
    guard let key else { fatalError("no key") }
    let body = Array("{}".utf8)
    let message = RequestMessage(
        method: "POST", authority: "validator:9000", target: "/v1/proposals?wait=decided",
        fields: ["content-type": "application/json", "idempotency-key": "1"])
    guard let fields = try? RequestSigner(key: key).fields(for: message, body: body, created: 1_700_000_000) else {
        fatalError("no signature")
    }
    let named = Dictionary(uniqueKeysWithValues: fields.map { ($0.name.lowercased(), $0.value) })
    // The signature is left out: it would be true.
    let lines = ["/v1/proposals?wait=decided", named["signature-input"] ?? "", "trellis=:AAAA:", named["content-digest"] ?? ""]
    let begin = AuditRecord(
        number: 0, time: 1000,
        event: .begin(
            AuditRecord.Begin(chain: committee.chain, validator: "v0", head: AuditReplay.zeros, module: .software(reason: "none"))))
    let statement = AuditQuote.Statement(
        chain: committee.chain, validator: 0, nonce: [UInt8](repeating: 1, count: 16), time: 2000, records: 1,
        head: AuditReplay.zeros, register: AuditReplay.zeros, key: nil)
    let quote = AuditQuote(statement: statement, signature: [UInt8](repeating: 2, count: 64), hardware: nil).json
    let text: (String) -> [UInt8] = { Array($0.utf8) }
    return [
        ("request", [0] + text(lines.joined(separator: "\n"))), ("bearer", [1] + text("Bearer \(AccessToken.text(of: [1, 2, 3]))")),
        ("sealing-keys", [2] + SealingKeys(committee: committee).json), ("log", [3] + begin.line + text("\n\n") + quote),
        ("quote", [4] + quote),
    ]
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 6 {
    case 0: request(bytes)
    case 1: bearer(bytes)
    case 2: require((try? SealingKeys(json: bytes, committee: committee)) == nil || isEmpty(bytes), "invented sealing keys are signed")
    case 3: log(bytes)
    case 4:
        if let quote = AuditQuote(json: bytes) { require(quote.json == bytes, "a quote has two forms") }
    default:
        _ = try? TPMAttestation(bytes: bytes)
        _ = try? TPMSignature(bytes: bytes)
        _ = try? DeviceKey(pem: String(decoding: bytes, as: UTF8.self))
        _ = try? DeviceKey(der: bytes)
    }
    return 0
}

/// A file without keys needs no signature.
private func isEmpty(_ bytes: [UInt8]) -> Bool { (try? SealingKeys(json: bytes, committee: committee))?.keys.isEmpty == true }

/// Lines: the request's target, Signature-Input, Signature, Content-Digest.
private func request(_ bytes: [UInt8]) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    while lines.count < 4 { lines.append("") }
    for method in ["GET", "POST"] {
        let fields = ["signature-input": lines[1], "signature": lines[2], "content-digest": lines[3]]
        let message = RequestMessage(method: method, authority: "validator:9000", target: lines[0], fields: fields)
        let admitted = try? listener.admit(message, for: .propose, hasBody: method == "POST", port: 9000, now: 1_700_000_000)
        require(admitted == nil, "an invented signature is admitted")
        for signature in (try? RequestSignature.read(input: lines[1], signature: lines[2])) ?? [] {
            try? signature.check(message, now: 1_700_000_000, hasBody: method == "POST")
        }
        _ = try? ContentDigest.digest(in: lines[3])
    }
}

private func bearer(_ bytes: [UInt8]) {
    let message = RequestMessage(
        method: "GET", authority: "validator:9000", target: "/v1/status", fields: ["authorization": String(decoding: bytes, as: UTF8.self)])
    let admitted = try? listener.admit(message, for: .read, hasBody: false, port: 9000, now: 0)
    require(admitted == nil, "an invented token is admitted")
}

/// A log's lines, then a quote behind an empty line.
private func log(_ bytes: [UInt8]) {
    var replay = AuditReplay()
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
        guard let record = try? replay.append(line: Array(line)) else { break }
        require(record.line == Array(line), "a record has two forms")
    }
    let parts = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")
    var expected = AuditExpectation()
    expected.committee = committee
    expected.allowsBreaks = true
    expected.allowsLaterRecords = true
    let report = try? AuditVerification.verify(log: Array((parts[0] + "\n").utf8), quote: Array(parts[parts.count - 1].utf8), expected)
    require(report == nil, "an invented quote is the validator's")
}
