// Replies from bytes and JSON values.

import Hummingbird
import NIOCore
import TrellisJSON

enum ContentType {
    static let json = "application/json"
    /// A JSON value on each line.
    static let lines = "application/x-ndjson"
    static let events = "text/event-stream"
    static let octets = "application/octet-stream"
    /// The binary batch: see RecordBatch.swift.
    static let records = "application/vnd.trellis.records"
}

extension Response {
    init(status: HTTPResponse.Status, contentType: String, bytes: [UInt8]) {
        self.init(
            status: status, headers: [.contentType: contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(status: HTTPResponse.Status = .ok, _ json: JSON) {
        self.init(status: status, contentType: ContentType.json, bytes: json.bytes)
    }
}
