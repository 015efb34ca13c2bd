// Records over HTTP in all their forms, and batches that lie about themselves.

import Testing
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisNode
import TrellisVerify

@testable import TrellisAPI

@Suite struct RecordTests {
    private func batch(_ records: [[UInt8]], count: UInt32? = nil) -> [UInt8] {
        var encoder = WireEncoder()
        encoder.u32(count ?? UInt32(records.count))
        for record in records { encoder.byteString(record) }
        return encoder.bytes
    }

    private func post(_ harness: Harness, _ body: [UInt8], query: String = "", headers: [(String, String)] = []) async throws -> Answer {
        try await harness.send("POST", "/v1/records\(query)", headers: [("Content-Type", ContentType.records)] + headers, body: body)
    }

    @Test func everyFormGivesARecordWithAReceipt() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let text = try await harness.post("/v1/records?wait=certified", #"{"text": "héllo"}"#)
            let data = try await harness.post("/v1/records?wait=decided", #"{"data": "AAEC/w=="}"#)
            let raw = try await harness.post("/v1/records?wait=decided", "bytes", type: ContentType.octets)
            let many = try await harness.post("/v1/records", #"{"records": [{"text": "a"}, {"data": ""}]}"#)
            #expect(text.status == 201)
            #expect(text.json["status"] == "certified")
            #expect(data.json["status"] == "recorded")
            #expect(many.status == 202)
            guard case .array(let identifiers) = many.json["ids"] else { return #expect(Bool(false), "no ids") }
            #expect(identifiers.count == 2)
            for (answer, expected) in [(text, "aMOpbGxv"), (data, "AAEC/w=="), (raw, "Ynl0ZXM=")] {
                guard case .array(let ids) = answer.json["ids"], let identifier = ids.first?.stringValue else {
                    return #expect(Bool(false), "no id")
                }
                #expect(answer.header("location") == "/v1/records/\(identifier)")
                let record = try await harness.get("/v1/records/\(identifier)")
                #expect(record.json["data"] == .string(expected))
                let receipt = try await harness.get("/v1/records/\(identifier)/receipt")
                let verified = try Receipt(json: receipt.body).verify(genesis: harness.node.genesis)
                #expect(verified.identifier.description == identifier)
                #expect(try await harness.get("/v1/decisions/\(identifier)/receipt").status == 404)
            }
        }
    }

    @Test func binaryBatchGivesIdentifiersInOrder() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let records = (0..<500).map { [UInt8](repeating: UInt8($0 % 3), count: $0 % 7) }
            let answer = try await post(harness, batch(records), query: "?wait=certified", headers: [("Accept", ContentType.records)])
            #expect(answer.status == 201)
            var decoder = WireDecoder(answer.body, suite: .sha256)
            #expect(try decoder.count("identifiers", limit: 500) == 500)
            var seen: Set<Digest> = []
            for record in records {
                let identifier = try decoder.digest()
                seen.insert(identifier)
                guard case .logged(_, .record(let found), _) = try await harness.node.status(of: identifier) else {
                    return #expect(Bool(false), "not logged")
                }
                #expect(found.data == record)
            }
            #expect(seen.count == 500, "equal records are kept apart by their nonces")
            #expect(await harness.node.submissions == 1)
        }
    }

    @Test func batchesAreIdempotentUnderAKey() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let key = [("Idempotency-Key", "k")]
            let first = try await post(harness, batch([[1], [2]]), headers: key)
            let again = try await post(harness, batch([[1], [2]]), query: "?wait=decided", headers: key)
            let other = try await post(harness, batch([[1], [3]]), headers: key)
            #expect(again.status == 200)
            #expect(again.json["ids"] == first.json["ids"])
            #expect(other.status == 422)
            #expect(await harness.node.nodeStatus().logSize == 2)
        }
    }

    @Test func batchesThatLieAreRefused() async throws {
        try await Harness.run { (harness: Harness) async throws in
            let good = batch([[1, 2, 3], [4]])
            let short = try await post(harness, batch([[1]], count: 2))
            #expect(short.detail.contains("ends early"))
            #expect(try await post(harness, batch([[1], [2]], count: 1)).detail.contains("after the end"))
            for length in 0..<good.count { #expect(try await post(harness, Array(good.prefix(length))).status == 400, "\(length)") }
            #expect(try await post(harness, [0xFF, 0xFF, 0xFF, 0xFF]).status == 413)
            #expect(try await post(harness, [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).status == 413)
            #expect(try await post(harness, batch([])).status == 400)
            #expect(try await post(harness, batch([[UInt8](repeating: 0, count: (1 << 15) + 1)])).status == 413)
            #expect(await harness.node.submissions == 0)
            #expect(try await post(harness, good).status == 202)
        }
    }

    @Test(arguments: [
        (#"{"data": "?"}"#, 400, "base64"), (#"{"dat": ""}"#, 400, "did you mean 'data'?"), (#"{}"#, 400, "either"),
        (#"{"data": "", "text": ""}"#, 400, "either"), (#"{"records": []}"#, 400, "1 to"), (#"{"records": [1]}"#, 400, "object"),
        (#"{"records": [{"text": "a", "x": 1}]}"#, 400, "no member 'x'"), (#"{"records": [], "text": ""}"#, 400, "no member 'text'"),
    ])
    func refusedBodies(_ body: String, _ status: Int, _ detail: String) async throws {
        try await Harness.run { (harness: Harness) async throws in
            let answer = try await harness.post("/v1/records", body)
            #expect(answer.status == status)
            #expect(answer.detail.contains(detail), "\(answer.detail)")
        }
    }

    @Test func noncesCountUpAndWrap() {
        var nonces = NonceSequence(base: Nonce([UInt8](repeating: 0xFF, count: 16)) ?? .random())
        #expect(nonces.next().bytes == [UInt8](repeating: 0xFF, count: 16))
        #expect(nonces.next().bytes == [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 8))
        #expect(nonces.next().bytes.last == 1)
    }
}
