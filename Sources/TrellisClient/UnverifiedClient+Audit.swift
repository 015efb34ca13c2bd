// A validator's audit trail, as it says: its state, its log line by line, and quotes in answer to a nonce. Whoever wants to believe it
// verifies log and quote (`trellis audit verify`).

import TrellisCrypto

extension UnverifiedClient {
    /// The state of the audit trail, as JSON.
    public func auditState() async throws(ClientError) -> [UInt8] {
        try await send(try request("/v1/audit")).bytes
    }

    /// A quote in answer to `nonce`, 8 to 64 bytes: the file that is verified.
    public func auditQuote(nonce: [UInt8]) async throws(ClientError) -> [UInt8] {
        let body = Array("{\"nonce\":\"\(Hex.encode(nonce))\"}".utf8)
        // A TPM may have to make its key first.
        return try await send(try request("/v1/audit/quote", posting: body, as: "application/json"), seconds: 60).bytes
    }

    /// Lines of the audit log from record `from` on, each with its newline, as many as the validator gives at once; none at the end.
    public func auditLog(from: UInt64) async throws(ClientError) -> [UInt8] {
        try await send(try request("/v1/audit/log?from=\(from)")).bytes
    }
}
