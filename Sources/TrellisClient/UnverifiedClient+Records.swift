// Records, many at a time, in the binary form: no JSON either way.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import TrellisCrypto
import TrellisModel

extension UnverifiedClient {
    private static let recordsType = "application/vnd.trellis.records"

    public struct SubmittedRecords: Sendable {
        /// In the order of the records.
        public let identifiers: [Digest]
        /// False when they were not ordered, or not certified, in time; always false when nothing was waited for.
        public let isReached: Bool
    }

    /// Submits records as one batch: all of them are taken, or none. Their identifiers follow from the key, a random one where none is given,
    /// and are checked.
    public func submitRecords(
        _ records: [[UInt8]], idempotencyKey: String? = nil, wait: Finality? = nil, timeout: Int = 30
    ) async throws(ClientError) -> SubmittedRecords {
        let key = idempotencyKey ?? TrellisClient.newKey()
        var encoder = WireEncoder(reserving: records.reduce(4) { $0 + $1.count + 4 })
        encoder.count(records.count)
        for record in records { encoder.byteString(record) }
        var request = try request("/v1/records" + Self.query(wait, timeout), key, posting: encoder.bytes, as: Self.recordsType)
        request.headers.add(name: "Accept", value: Self.recordsType)
        let answer = try await send(request, seconds: timeout + 10)
        var nonces = NonceSequence(base: Nonce(idempotencyKey: key))
        let identifiers = records.map { Record(nonce: nonces.next(), data: $0).identifier }
        guard try Self.identifiers(in: answer, count: records.count) == identifiers else {
            throw .unexpectedAnswer(status: answer.status, reason: "it is about other records")
        }
        return SubmittedRecords(identifiers: identifiers, isReached: answer.status != 202)
    }

    private static func identifiers(in answer: Answer, count: Int) throws(ClientError) -> [Digest] {
        do {
            var decoder = WireDecoder(answer.bytes, suite: .sha256)
            let found = try decoder.count("identifiers", limit: count)
            var identifiers: [Digest] = []
            identifiers.reserveCapacity(found)
            for _ in 0..<found { identifiers.append(try decoder.digest()) }
            try decoder.finish()
            return identifiers
        } catch {
            throw .unexpectedAnswer(status: answer.status, reason: "\(error)")
        }
    }
}
