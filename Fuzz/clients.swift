// Everything that a client sends, and what it is handed and verifies offline: bodies of HTTP requests, receipts, evidence, genesis files.
// The first byte of an input chooses the reader, the rest is what it reads. Nothing may trap, what is read is written again as it was, and
// nothing invented verifies.

import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisVerify

@testable import TrellisAPI

private let suite = FuzzCommittee.suite
private let committee = FuzzCommittee.strict

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 8 {
    case 0:
        guard let value = try? JSON(parsing: bytes) else { break }
        require((try? JSON(parsing: value.bytes)) == value, "a JSON text is not read as it was written")
        proposal(value)
    case 1: if let value = try? JSON(parsing: bytes) { proposal(value) }
    case 2:
        if let ranges = try? RecordBatch.ranges(in: bytes, recordLimit: committee.limits.payloadBytes) {
            _ = RecordBatch.transactions(ranges.map { bytes[$0] }, base: .random())
        }
    case 3:
        guard let receipt = try? Receipt(wireBytes: bytes) else { break }
        require(receipt.wireBytes == bytes, "a receipt has two encodings")
        check(receipt)
    case 4: if let receipt = try? Receipt(json: bytes) { check(receipt) }
    case 5:
        for evidence in [try? EvidenceFile(wireBytes: bytes), try? EvidenceFile(json: bytes)] {
            require((try? evidence?.evidence.verify(committee)) == nil, "invented evidence verifies")
        }
    case 6:
        guard let genesis = try? Genesis(json: bytes) else { break }
        _ = try? Committee(genesis: genesis)
    default:
        reread(bytes, Proposal.self)
        reread(bytes, Record.self)
        reread(bytes, VoteBatch.self)
    }
    return 0
}

private func reread<Value: WireEncodable & WireDecodable>(_ bytes: [UInt8], _: Value.Type) {
    guard let value = try? Value(wireBytes: bytes, suite: suite) else { return }
    require(value.wireBytes == bytes, "a transaction has two encodings")
}

private func proposal(_ value: JSON) {
    _ = try? ProposalRequest.proposal(from: value, nonce: .random(), committee: committee)
}

private func check(_ receipt: Receipt) {
    require((try? receipt.verify(committee: committee, network: "fuzz")) == nil, "an invented receipt verifies")
}
