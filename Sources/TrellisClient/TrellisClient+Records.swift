// Records, many at a time, in the binary form: no JSON either way.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import TrellisCrypto
import TrellisModel

extension TrellisClient {
    private static let recordsType = "application/vnd.trellis.records"

    public struct SubmittedRecords: Sendable {
        /// In the order of the records.
        public let identifiers: [Digest]
        /// False when they were not ordered, or not certified, in time; always false when nothing was waited for.
        public let isReached: Bool
    }

    /// Submits records as one batch: all of them are taken, or none.
    public func submitRecords(
        _ records: [[UInt8]], idempotencyKey: String? = nil, wait: Finality? = nil, timeout: Int = 30
    ) async throws(ClientError) -> SubmittedRecords {
        var encoder = WireEncoder(reserving: records.reduce(4) { $0 + $1.count + 4 })
        encoder.count(records.count)
        for record in records { encoder.byteString(record) }
        var request = request("/v1/records" + Self.query(wait, timeout), idempotencyKey)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: Self.recordsType)
        request.headers.add(name: "Accept", value: Self.recordsType)
        request.body = .bytes(ByteBuffer(bytes: encoder.bytes))
        let answer = try await send(request, seconds: timeout + 10)
        do {
            var decoder = WireDecoder(answer.bytes, suite: .sha256)
            let count = try decoder.count("identifiers", limit: records.count)
            var identifiers: [Digest] = []
            identifiers.reserveCapacity(count)
            for _ in 0..<count { identifiers.append(try decoder.digest()) }
            try decoder.finish()
            return SubmittedRecords(identifiers: identifiers, isReached: answer.status != 202)
        } catch {
            throw .unexpectedAnswer(status: answer.status, reason: "\(error)")
        }
    }
}
